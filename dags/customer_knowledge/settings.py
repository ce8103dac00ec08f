"""Where things are and who we connect as: read from the environment, with an embedded default.

Every setting can be given as an environment variable ``CK_<NAME>`` or in ``.env`` (see ``.env.example``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_DIR = Path(__file__).resolve().parents[2]
# A smaller sample insurer has fewer rows than its gates ask for.
SMALLEST = 50


class Settings(BaseSettings):
    """Settings of one process; `settings()` gives the one in force."""

    model_config = SettingsConfigDict(env_prefix="CK_", env_file=PROJECT_DIR / ".env", extra="ignore")

    project_dir: Path = Field(PROJECT_DIR, description="the checkout: holds dags/ and dbt_project/")
    data_dir: Path = Field(PROJECT_DIR / ".data", description="the embedded server, Airflow's home, secrets")
    insurer: str = Field("sample", description="the profile in force: profiles/<insurer>.yml")
    warehouse_dsn: str | None = Field(None, description="the insurer's own PostgreSQL; None = embedded")
    airflow_dsn: str | None = Field(None, description="Airflow's metadata database; None = embedded")
    policy_admin_dsn: str | None = Field(None, description="policy administration; None = the sample's")
    crm_dsn: str | None = Field(None, description="CRM; None = the sample's")
    drop_dir: Path | None = Field(None, description="file drops; None = <data_dir>/drops/<insurer>")
    server_user: str = Field("nobody", description="who runs the embedded server when we are root")
    customers: int = Field(10_000, ge=SMALLEST, description="size of the sample insurer")
    seed: int = Field(20_260_630, description="seed of the sample insurer")
    dbt_threads: int = Field(2, ge=1, description="models and tests that dbt builds side by side; of changes one more")
    code_version: str | None = Field(None, description="stamped on editions; None = a digest of the code")

    @property
    def secrets_dir(self) -> Path:
        """Folder (mode 700) with one file (mode 600) for each role's password."""
        return self.data_dir / "secrets"

    @property
    def dbt_dir(self) -> Path:
        """The dbt project."""
        return self.project_dir / "dbt_project"

    @property
    def runs_dir(self) -> Path:
        """Where dbt targets, Data Docs and model artefacts of this insurer's runs are kept."""
        return self.data_dir / "runs" / self.insurer

    @property
    def drops_dir(self) -> Path:
        """The only folder from which files are read as sources."""
        return self.drop_dir or self.data_dir / "drops" / self.insurer


@cache
def settings() -> Settings:
    """The settings in force in this process (read once; `settings.cache_clear()` in tests)."""
    return Settings()
