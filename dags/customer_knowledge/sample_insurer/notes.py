"""What agents write down: themes worth knowing, and now and then a name, a phone or an identity number too many."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer.accounts import numbered
from customer_knowledge.sample_insurer.catalogue import ENTERPRISE
from customer_knowledge.sample_insurer.columns import (
    Array,
    Columns,
    Rng,
    either,
    moments,
    pick,
    poisson_process,
    recorded,
    rows,
)
from customer_knowledge.sample_insurer.contacts import active_until
from customer_knowledge.sample_insurer.spec import Relating

# Title, body; {who} stands where the customer is spoken of.
PERSONAL = (
    ("续期缴费", "电话联系{who}，提醒下月续期保费。表示资金安排没有问题，愿意开通银行代扣，到期前三天短信提醒即可。"),
    ("续期缴费", "{who}反映今年收入下降，担心续期压力，询问能否改为月缴或减额缴清，已说明宽限期六十天的规定。"),
    ("续期意愿", "{who}愿意继续缴费，原因是去年住院理赔三天到账，对服务非常认可，并主动介绍同事咨询。"),
    ("续期意愿", "{who}续保意愿强，看重多年无赔款优惠，希望明年继续由同一位代理人服务。"),
    ("家庭计划", "{who}家中二胎即将出生，计划为孩子配置教育金和少儿重疾，预算每年八千元左右，下月再约。"),
    ("家庭计划", "{who}正准备购房，房贷三十年，讨论用定期寿险覆盖贷款，保额希望在一百万以上。"),
    ("家庭计划", "{who}父母年过六十，想了解能否投保意外险和防癌险，已提供健康告知清单。"),
    ("竞品报价", "{who}收到其他公司车险报价，比我司低约四百元，主要差在三者险保额，已解释增值服务差异。"),
    ("竞品报价", "{who}表示银行推荐的年金演示利率更高，正在比较，需要准备现金价值对比表。"),
    ("竞品报价", "{who}在网上看到同类百万医疗险价格更低，但担心停售后的续保条件，倾向保留现有保单。"),
    ("服务诉求", "{who}希望以后用微信沟通，不要在工作时间打电话，回访请安排在晚上七点以后。"),
    ("服务诉求", "{who}已搬家，要求更新通讯地址，纸质保单寄到新住址；不会使用手机应用，需要上门协助。"),
    ("服务诉求", "{who}对理赔材料要求多次变更不满，要求专人跟进，已升级处理并致歉。"),
    ("理赔体验", "{who}上月车辆追尾，现场查勘二十分钟到达，定损合理，客户满意，可作为服务案例。"),
    ("理赔体验", "{who}因既往症告知问题被拒赔，情绪较大，需由理赔主管解释条款并告知复议渠道。"),
    ("退保风险", "{who}咨询退保流程和现金价值，原因是短期资金周转，已介绍保单贷款作为替代方案。"),
    ("退保风险", "{who}认为收益不及预期，考虑退保转投基金，已预约下周面谈，重点说明长期保障功能。"),
    ("养老规划", "{who}五年内退休，关心每月可领取金额，对养老社区入住资格感兴趣，已发送资料。"),
    ("财富传承", "{who}关注资产传承与指定受益人安排，希望了解保险金信托门槛，需请专家团队协同。"),
    ("健康管理", "{who}今年体检有结节，询问复查绿通和加保可能，建议先走核保预审。"),
)  # fmt: skip
CORPORATE = (
    ("团险续保", "{who}团体意外险下季度到期，员工人数增加约两成，希望按新名单报价并保留免体检。"),
    ("团险续保", "{who}人力资源部反映理赔线上化体验好，续保意愿明确，要求费率不高于去年。"),
    ("竞品报价", "{who}正在招标，另有两家保险公司参与，关注车队出险管理与专属理赔员。"),
    ("风险查勘", "{who}仓库新增消防喷淋，建议财产险费率下调，已安排风控工程师现场查勘。"),
    ("服务诉求", "{who}要求每月提供理赔明细与出险分析，发票统一开具，联系人更换需及时登记。"),
)
TAILS = ("", "", "", "后续跟进。", "客户态度友好。", "已录入提醒。", "建议一个月后回访。", "请后台协助。")


def build(
    spec: Relating, rng: Rng, contacts: Columns, people: Columns, agent_of: Array, last: np.datetime64
) -> Columns:
    """Table agent_note; `agent_of` gives the agent id of each contact."""
    span = (active_until(contacts, last) - contacts["recorded_on"]).astype(float) / 365
    chance = np.where(
        (contacts["person"] < 0) | (span <= 0), 0.0, spec.notes_per_customer * 1.7 / np.maximum(span, 0.1)
    )
    owner, on = poisson_process(rng, chance, contacts["recorded_on"], active_until(contacts, last))
    person = contacts["person"][owner]
    known = np.maximum(recorded(rng, on), contacts["recorded_on"][owner])
    title, body = _texts(rng, contacts["segment"][owner] == ENTERPRISE)
    who = _addressed(spec, rng, contacts["name"][owner])
    body = np.array([text.replace("{who}", name) for text, name in zip(body, who, strict=True)], dtype=object)
    body = body + _slips(spec, rng, people, person) + pick(rng, TAILS, len(owner))
    return {
        "note_id": numbered(known, 1),
        "agent_id": agent_of[owner],
        "contact_id": contacts["contact_id"][owner],
        "title": title,
        "body": body,
        "written_on": on,
        "recorded_on": known,
        "updated_at": moments(rng, known),
    }


def _texts(rng: Rng, company: Array) -> tuple[Array, Array]:
    size = len(company)
    private, corporate = np.array(PERSONAL, dtype=object), np.array(CORPORATE, dtype=object)
    mine = private[rng.integers(len(private), size=size)]
    theirs = corporate[rng.integers(len(corporate), size=size)]
    chosen = either(company[:, None], theirs, mine)
    return chosen[:, 0], chosen[:, 1]


def _addressed(spec: Relating, rng: Rng, name: Array) -> Array:
    """How the customer is spoken of: by full name, as the CRM spells it, or as 'the customer'."""
    named = rng.random(len(name)) < spec.note_with_name
    return either(named, name, pick(rng, ("客户", "该客户", "投保人"), len(name)))


def _slips(spec: Relating, rng: Rng, people: Columns, person: Array) -> Array:
    """A phone or identity number left in the text."""
    phone = rng.random(len(person)) < spec.note_with_phone
    number = np.array([n if isinstance(n, str) else "" for n in people["id_number"][person]], dtype=object)
    identity = (rng.random(len(person)) < spec.note_with_id) & (number != "")
    left = either(phone, "联系电话" + people["phone"][person] + "。", "")
    slipped: Array = left + either(identity, "证件号" + number + "。", "")
    return slipped


def agents_of(contacts: Columns, policies: Columns, agents: Columns) -> Array:
    """Agent id of each contact: who sold the first policy; a veteran where it was bought online."""
    holder, first = np.unique(policies["holder"], return_index=True)
    seller = np.full(int(holder.max()) + 1, -1)
    seller[holder] = policies["agent"][first]
    veterans = np.flatnonzero(agents["veteran"])
    mine = seller[np.maximum(contacts["person"], 0)]
    spare = veterans[np.arange(rows(contacts)) % len(veterans)]
    return np.asarray(agents["agent_id"][np.where(mine >= 0, mine, spare)])
