"""Word lists of the sample insurer: people, companies, places. Everybody in them is invented."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer.columns import Array, Rng, pick, zero_filled


def _words(spaced: str) -> tuple[str, ...]:
    return tuple(spaced.split())


SURNAMES = tuple(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
# The commonest surnames take about as large a share as in the population: weight 1 / (rank + 6).
SURNAME_WEIGHTS = 1.0 / (np.arange(len(SURNAMES)) + 6.0)
MALE = tuple(
    "伟强磊洋勇军杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁林阳建国志文博天泽晨轩睿毅晓东海峰振兴家豪子航嘉诚"
)
FEMALE = tuple("芳娜敏静丽艳娟霞秀玲燕红梅婷雪倩颖琳莹洁晶慧佳欣怡雨萱梦琪思涵诗雅玉兰桂英淑珍月萍蓉薇璐晓云冰若曦")
PLACES = (
    # province, city, first four digits of the area code, branch
    ("北京市", "北京市", "1101", "北京分公司"),
    ("天津市", "天津市", "1201", "北京分公司"),
    ("河北省", "石家庄市", "1301", "北京分公司"),
    ("上海市", "上海市", "3101", "上海分公司"),
    ("江苏省", "南京市", "3201", "江苏分公司"),
    ("江苏省", "苏州市", "3205", "江苏分公司"),
    ("江苏省", "无锡市", "3202", "江苏分公司"),
    ("浙江省", "杭州市", "3301", "浙江分公司"),
    ("浙江省", "宁波市", "3302", "浙江分公司"),
    ("安徽省", "合肥市", "3401", "江苏分公司"),
    ("福建省", "福州市", "3501", "浙江分公司"),
    ("福建省", "厦门市", "3502", "浙江分公司"),
    ("山东省", "济南市", "3701", "山东分公司"),
    ("山东省", "青岛市", "3702", "山东分公司"),
    ("河南省", "郑州市", "4101", "山东分公司"),
    ("湖北省", "武汉市", "4201", "湖北分公司"),
    ("湖南省", "长沙市", "4301", "湖北分公司"),
    ("广东省", "广州市", "4401", "广东分公司"),
    ("广东省", "深圳市", "4403", "广东分公司"),
    ("广东省", "佛山市", "4406", "广东分公司"),
    ("重庆市", "重庆市", "5001", "四川分公司"),
    ("四川省", "成都市", "5101", "四川分公司"),
    ("云南省", "昆明市", "5301", "四川分公司"),
    ("陕西省", "西安市", "6101", "湖北分公司"),
)
PLACE_WEIGHTS = np.array([9, 4, 3, 10, 6, 5, 3, 7, 4, 4, 3, 3, 4, 4, 5, 5, 4, 8, 8, 3, 5, 6, 3, 4], dtype=float)
STREETS = _words(
    "人民路 中山路 解放路 建设路 和平路 新华路 文化路 长江路 黄河路 迎宾大道 科技路 滨河路 学府路 朝阳路 幸福路"
)
ESTATES = _words(
    "阳光花园 锦绣家园 翠湖苑 金色港湾 东方明珠苑 绿地新城 春晓小区 御景湾 和谐家园 碧水云天 梧桐里 桃源居"
)
OCCUPATIONS = _words(
    "教师 公务员 软件工程师 护士 医生 会计 销售经理 个体经营者 "
    "企业管理人员 建筑工程师 司机 设计师 银行职员 厨师 技术工人"
)
OCCUPATIONS_NOT_WORKING = ("退休人员", "学生", "家庭主妇")
COMPANY_WORDS = _words(
    "华瑞 恒信 中盛 鼎诚 嘉禾 远航 金泰 博雅 天成 宏图 海川 瑞丰 启明 永安 新元 万通 德润 同创 卓越 众合"
)
INDUSTRIES = ("制造业", "批发零售", "物流运输", "信息技术", "餐饮住宿", "建筑业", "商务服务")
COMPANY_KINDS = ("机械制造", "贸易", "物流", "网络科技", "餐饮管理", "建筑工程", "企业咨询")
PLATES = tuple("京津冀沪苏浙皖闽鲁豫鄂湘粤渝川云陕")
CAR_MODELS = _words("紧凑型轿车 中型轿车 小型SUV 中型SUV 多用途车 纯电动轿车 插电混动SUV 轻型货车")
SOUND_ALIKE = _words(
    "伟玮炜 芳方 静婧菁 丽莉俐 军君钧 杰捷 涛滔 明铭 刚钢 平萍苹 辉晖 鹏朋 华桦 飞菲 鑫欣新 波博 "
    "斌彬宾 宇雨羽 浩昊皓 健建剑 俊骏峻 帆凡 旭绪 林琳霖 阳洋扬 志智 文雯 晨辰 轩萱 睿瑞 毅奕益 "
    "晓小筱 东冬 峰锋丰 振震 兴星 家嘉佳 子紫 航杭 诚成程 敏闵 艳燕雁 娟涓 玲灵凌 红虹宏 婷亭 倩茜 "
    "颖影 莹盈 慧惠 怡宜 琪奇琦 思斯 涵寒晗 玉钰 桂贵 英瑛 珍真 月悦 蓉榕 薇微 璐露 云芸 曦熙希 "
    "陈陳 张章 徐许 肖萧 付傅 魏卫 于余"
)
# Mobile prefixes that, as far as known, belong to no network: a made-up number rings at nobody's.
MOBILE_PREFIXES = ("160", "161", "163", "164", "168", "169")


def person_names(rng: Rng, sex: Array) -> Array:
    """Full names; one or two given characters, chosen by sex ('M' or 'F')."""
    size = len(sex)
    surnames = np.array(SURNAMES, dtype=object)
    share = SURNAME_WEIGHTS / SURNAME_WEIGHTS.sum()
    surname = surnames[rng.choice(len(SURNAMES), size=size, p=share)]
    male = sex == "M"
    first = np.where(male, pick(rng, MALE, size), pick(rng, FEMALE, size))
    second = np.where(male, pick(rng, MALE, size), pick(rng, FEMALE, size))
    second = np.where(rng.random(size) < 0.24, "", second)
    full: Array = surname + first + second
    return full


def company_names(rng: Rng, city: Array, industry: Array) -> Array:
    """Company names: city, two-part fancy name, trade, legal form; `industry` indexes INDUSTRIES."""
    size = len(city)
    trade = np.array(COMPANY_KINDS, dtype=object)[industry]
    short = np.array([c.removesuffix("市") for c in city], dtype=object)
    full: Array = short + pick(rng, COMPANY_WORDS, size) + pick(rng, COMPANY_WORDS, size) + trade + "有限公司"
    return full


def mobiles(rng: Rng, size: int) -> Array:
    """Mobile numbers of eleven digits."""
    tail = zero_filled(rng.integers(0, 10**8, size=size), 8).astype(object)
    number: Array = pick(rng, MOBILE_PREFIXES, size) + tail
    return number


def addresses(rng: Rng, city: Array) -> Array:
    """Postal addresses inside a city."""
    size = len(city)
    number = rng.integers(1, 399, size=size).astype(str).astype(object)
    block = rng.integers(1, 40, size=size).astype(str).astype(object)
    flat = (rng.integers(1, 30, size=size) * 100 + rng.integers(1, 5, size=size)).astype(str).astype(object)
    full: Array = (
        city + pick(rng, STREETS, size) + number + "号" + pick(rng, ESTATES, size) + block + "栋" + flat + "室"
    )
    return full


def plate_numbers(rng: Rng, size: int) -> Array:
    """Vehicle plates; the letter I stands in no real one."""
    letter = pick(rng, tuple("ABCDEFGH"), size)
    digits = zero_filled(rng.integers(0, 10**4, size=size), 4).astype(object)
    plate: Array = pick(rng, PLATES, size) + letter + "I" + digits
    return plate
