"""Airflow's home: its configuration and secrets, written to files that only we can read.

Everything binds to 127.0.0.1 on free ports; secrets stand in `airflow.cfg` (mode 600), not in the
environment.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from customer_knowledge.profile import Profile
from customer_knowledge.settings import Settings
from customer_knowledge.warehouse import schemas, server
from customer_knowledge.warehouse.connections import AIRFLOW, dsn

USER = "admin"
PORTS = ("api", "worker_log", "trigger_log", "scheduler_health")


@dataclass(frozen=True)
class AirflowHome:
    """Where an insurer's Airflow lives and how it is reached."""

    path: Path
    ports: dict[str, int]

    @property
    def url(self) -> str:
        """Address of the user interface and the REST API."""
        return f"http://127.0.0.1:{self.ports['api']}"

    @property
    def passwords(self) -> Path:
        """File with the login's password."""
        return self.path / "passwords.json"

    @property
    def pid_file(self) -> Path:
        """File with the ids of the running components."""
        return self.path / "components.json"

    @property
    def logs(self) -> Path:
        """Folder of the components' logs."""
        return self.path / "components"


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _fernet_key(secret: str) -> str:
    """A key of the shape Fernet wants (32 bytes, URL-safe base64) from one of our secrets."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode()


def _long(secret: str) -> str:
    """A key of the length that signing tokens asks for, from one of our secrets."""
    return hashlib.sha512(secret.encode()).hexdigest()


def _private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def locate(at: Settings, insurer: str) -> AirflowHome:
    """The home of an insurer's Airflow, with its ports (chosen once, then kept)."""
    path = at.data_dir.resolve() / "airflow" / insurer
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    ports_file = path / "ports.json"
    if not ports_file.exists():
        ports_file.write_text(json.dumps(dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))))
    return AirflowHome(path, json.loads(ports_file.read_text(encoding="utf-8")))


def write(at: Settings, profile: Profile) -> AirflowHome:
    """Make the metadata database and write the configuration."""
    database = schemas.prepare_airflow(profile.insurer)
    home = locate(at, profile.insurer)
    home.logs.mkdir(exist_ok=True)
    _private(home.passwords, json.dumps({USER: server.secret(at, "airflow_login")}) + "\n")
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(_sections(at, home, dsn(at, database, AIRFLOW)))
    path = home.path / "airflow.cfg"
    _private(path, "")
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)
    return home


def _sections(at: Settings, home: AirflowHome, metadata: str) -> dict[str, dict[str, object]]:
    rest = metadata.partition("://")[2]
    return {
        "core": {
            "dags_folder": at.project_dir / "dags",
            "load_examples": False,
            "executor": "LocalExecutor",
            "parallelism": 4,
            "max_active_runs_per_dag": 1,
            "dags_are_paused_at_creation": False,
            "execution_api_server_url": f"{home.url}/execution/",
            "fernet_key": _fernet_key(server.secret(at, "airflow_fernet")),
            "auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
            "simple_auth_manager_users": f"{USER}:admin",
            "simple_auth_manager_passwords_file": home.passwords,
            "internal_api_secret_key": server.secret(at, "airflow_internal"),
            "enable_xcom_pickling": False,
            "default_timezone": "utc",
            "dagbag_import_timeout": 120,
        },
        "database": {
            "sql_alchemy_conn": f"postgresql+psycopg2://{rest}",
            "sql_alchemy_conn_async": f"postgresql+psycopg://{rest}",
            "load_default_connections": False,
        },
        "api": {
            "host": "127.0.0.1",
            "port": home.ports["api"],
            "base_url": home.url,
            "workers": 1,
            "secret_key": _long(server.secret(at, "airflow_api")),
            "expose_config": False,
        },
        "api_auth": {"jwt_secret": _long(server.secret(at, "airflow_jwt"))},
        "logging": {
            "base_log_folder": home.path / "logs",
            "worker_log_server_port": home.ports["worker_log"],
            "trigger_log_server_port": home.ports["trigger_log"],
        },
        "scheduler": {
            "scheduler_health_check_server_host": "127.0.0.1",
            "scheduler_health_check_server_port": home.ports["scheduler_health"],
            "enable_health_check": True,
            "scheduler_heartbeat_sec": 2,
            "scheduler_idle_sleep_time": 0.3,
            # After a crash the next scheduler takes over what the dead one left within seconds, not minutes.
            "scheduler_health_check_threshold": 15,
            "orphaned_tasks_check_interval": 10,
            "task_instance_heartbeat_timeout": 60,
            "task_instance_heartbeat_timeout_detection_interval": 10,
            "catchup_by_default": False,
        },
        "dag_processor": {
            "dag_file_processor_timeout": 180,
            "refresh_interval": 30,
            # A changed file is parsed at once; parsing unchanged ones all the time takes a tenth of two cores.
            "min_file_process_interval": 600,
            "parsing_processes": 1,
            "print_stats_interval": 0,
        },
        # A busy machine answers late; a task that gives up after seconds has failed for nothing.
        "workers": {"execution_api_timeout": 60.0},
        "usage_data_collection": {"enabled": False},
        "metrics": {"statsd_on": False},
    }
