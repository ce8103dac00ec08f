"""The sample insurer's segments and products: who its customers truly are and what it sells."""

from __future__ import annotations

from dataclasses import dataclass

CHANNELS = ("agency", "bancassurance", "telesales", "online", "broker", "group")
MODES = ("annual", "semiannual", "quarterly", "monthly", "single")
MODE_MONTHS = (12, 6, 3, 1, 0)
LINES = ("life", "health", "accident", "motor", "property")


@dataclass(frozen=True)
class Segment:
    """A true customer segment. Weights need not sum to one."""

    code: str
    label_zh: str
    label_en: str
    share: float
    age: tuple[float, float, int, int]  # at first purchase: mean, standard deviation, least, most (years)
    income: tuple[float, float]  # yearly: median (CNY), sigma of its logarithm
    first: dict[str, float]  # first product: weights by product code
    further_rate: float  # further purchases a year (Poisson)
    channels: tuple[float, float, float, float, float, float]  # weights, in the order of CHANNELS
    exit: float  # effect on the logit of every way of leaving
    late: float  # effect on the logit of paying late
    complaints: float  # complaints a year
    contacts: float  # interactions a year
    touch: tuple[float, float, float, float, float, float]  # phone, app, wechat, branch, agent_visit, email
    app_share: float
    marketing_consent: float


SEGMENTS = (
    Segment("digital_starters", "数字新生代", "Digital starters", 0.21, (27, 4, 20, 36), (85_000, 0.35),
            {"A01": 5, "H03": 4, "L04": 2, "H01": 2, "M01": 2, "H02": 1}, 0.17, (1, 0.3, 1.5, 7, 0.5, 0),
            0.45, 0.35, 0.07, 2.6, (1, 6, 4, 0.2, 0.3, 1), 0.90, 0.70),
    Segment("family_builders", "成家立业族", "Family builders", 0.24, (35, 5, 26, 48), (150_000, 0.35),
            {"H01": 5, "L01": 3, "H02": 4, "L04": 2, "A01": 1, "M01": 2, "P01": 1}, 0.27, (7, 1, 1, 2, 1, 0),
            -0.10, 0.0, 0.05, 2.4, (2, 3, 4, 0.5, 3, 0.5), 0.70, 0.78),
    Segment("affluent_planners", "富裕规划者", "Affluent planners", 0.12, (47, 6, 34, 62), (420_000, 0.45),
            {"L01": 5, "L02": 4, "L03": 2, "H01": 2, "P01": 1, "M01": 1}, 0.26, (6, 4, 0.2, 0.5, 2, 0),
            -0.75, -0.5, 0.03, 2.8, (2, 1, 3, 2, 5, 1), 0.50, 0.82),
    Segment("silver_savers", "银发储蓄者", "Silver savers", 0.15, (60, 5, 50, 72), (78_000, 0.30),
            {"L03": 7, "L02": 3, "A01": 1, "P01": 0.6}, 0.12, (3, 8, 0.4, 0.1, 0.3, 0),
            -0.20, -0.6, 0.05, 1.8, (4, 0.4, 1, 6, 2, 0), 0.18, 0.62),
    Segment("price_drivers", "比价车主", "Price-minded drivers", 0.22, (38, 9, 22, 62), (115_000, 0.40),
            {"M01": 10, "A01": 1.5, "P01": 1.2, "H03": 1}, 0.20, (1, 0.2, 5, 5, 1, 0),
            0.50, 0.30, 0.12, 2.0, (5, 4, 2, 0.3, 0.3, 1), 0.62, 0.52),
    Segment("enterprises", "企业客户", "Enterprises", 0.06, (45, 8, 30, 60), (0, 0.0),
            {"A02": 4, "H04": 3, "M02": 3, "P02": 4}, 0.34, (0, 0, 0, 0, 4, 6),
            -0.15, 0.0, 0.10, 5.0, (4, 0.3, 1, 1, 4, 5), 0.05, 0.75),
)  # fmt: skip
ENTERPRISE = len(SEGMENTS) - 1


@dataclass(frozen=True)
class Product:
    """A product on sale. Premiums are yearly; a single premium is `single_factor` times as large."""

    code: str
    name_zh: str
    name_en: str
    line: str
    is_long_term: bool
    ages: tuple[int, int]
    commission: tuple[float, float]  # first year, renewal
    premium: tuple[float, float]  # median (CNY), sigma of its logarithm
    cover: float  # sum assured as a multiple of the yearly premium
    channels: tuple[str, ...]
    modes: tuple[float, float, float, float, float]  # weights, in the order of MODES
    payment_years: tuple[int, ...]
    policy_years: int  # 0 = whole of life
    claims: float  # claims a policy-year that do not end it
    claim_share: float  # mean claim as a share of the yearly premium's `cover` (of the premium where cover is 0)
    exit: float  # effect on the logit of leaving
    risks: int = 1  # persons or vehicles that one policy covers


PRODUCTS = (
    Product("L01", "福满一生终身寿险", "Whole life", "life", True,
            (0, 65), (0.30, 0.05), (6800, 0.55), 32,
            ("agency", "bancassurance", "broker"), (6, 0.5, 1, 4, 0), (10, 20), 0, 0.0, 1.0, -0.10),
    Product("L02", "安享年年养老年金保险", "Pension annuity", "life", True,
            (18, 70), (0.12, 0.02), (12_500, 0.50), 11,
            ("agency", "bancassurance"), (8, 0.5, 0.5, 0.5, 0), (3, 5, 10), 25, 0.0, 1.0, -0.15),
    Product("L03", "金彩五年两全保险", "Five-year endowment", "life", True,
            (18, 75), (0.05, 0.01), (20_000, 0.45), 5.4,
            ("bancassurance", "agency"), (4, 0, 0, 0, 6), (3,), 5, 0.0, 1.0, 0.10),
    Product("L04", "守护人生定期寿险", "Term life", "life", True,
            (18, 55), (0.25, 0.05), (1900, 0.45), 260,
            ("online", "agency", "telesales"), (4, 0.3, 0.7, 7, 0), (10, 20), 20, 0.0, 1.0, 0.20),
    Product("H01", "康佑重大疾病保险", "Critical illness", "health", True,
            (0, 60), (0.32, 0.06), (5200, 0.45), 48,
            ("agency", "telesales", "broker"), (4, 0.5, 1.5, 6, 0), (10, 20), 0, 0.0, 1.0, 0.0),
    Product("H02", "少儿健康成长保险", "Child health plan", "health", True,
            (18, 55), (0.28, 0.05), (2300, 0.40), 110,
            ("agency", "online"), (5, 0.3, 0.7, 5, 0), (10, 20), 25, 0.0, 1.0, -0.30),
    Product("H03", "安心百万医疗保险", "One-year medical", "health", False,
            (0, 60), (0.20, 0.12), (620, 0.40), 3200,
            ("online", "telesales", "agency"), (1, 0, 0, 0, 0), (1,), 1, 0.09, 0.0035, -0.25),
    Product("H04", "企业团体医疗保险", "Group medical", "health", False,
            (18, 65), (0.06, 0.05), (46_000, 0.60), 60,
            ("group", "broker"), (1, 0, 0, 0, 0), (1,), 1, 2.0, 0.005, -0.25, 20),
    Product("A01", "综合意外伤害保险", "Personal accident", "accident", False,
            (16, 65), (0.25, 0.15), (260, 0.35), 1150,
            ("online", "telesales", "agency"), (1, 0, 0, 0, 0), (1,), 1, 0.025, 0.02, 0.20),
    Product("A02", "企业团体意外保险", "Group accident", "accident", False,
            (18, 65), (0.12, 0.10), (12_000, 0.55), 420,
            ("group", "broker"), (1, 0, 0, 0, 0), (1,), 1, 0.6, 0.0018, 0.0, 20),
    Product("M01", "机动车商业保险", "Private motor", "motor", False,
            (18, 75), (0.10, 0.08), (4300, 0.30), 0,
            ("telesales", "online", "agency"), (1, 0, 0, 0, 0), (1,), 1, 0.17, 0.95, 0.0),
    Product("M02", "企业车队保险", "Motor fleet", "motor", False,
            (18, 75), (0.08, 0.06), (38_000, 0.50), 0,
            ("broker", "group"), (1, 0, 0, 0, 0), (1,), 1, 1.6, 0.33, -0.10, 8),
    Product("P01", "家庭财产保险", "Household", "property", False,
            (18, 80), (0.22, 0.15), (330, 0.40), 2100,
            ("online", "agency"), (1, 0, 0, 0, 0), (1,), 1, 0.035, 0.004, 0.05),
    Product("P02", "企业财产综合保险", "Commercial property", "property", False,
            (18, 80), (0.12, 0.10), (28_000, 0.70), 900,
            ("broker", "group"), (1, 0, 0, 0, 0), (1,), 1, 0.22, 0.0022, -0.10),
)  # fmt: skip
PRODUCT_INDEX = {product.code: position for position, product in enumerate(PRODUCTS)}
