"""What a question is about beside crop and pest: sowing, storing, a price, a fine, a claim, a lost card, a trick ...

Farmers name one thing in many words (刨, 掰 and 割 are all harvesting), and words in common decide little between two
entries on the same crop. A concept is one bit; a text has it when it holds one of its words. What the words weigh is
fitted (``knowledge.scoring``), so a word that misleads now and then does little harm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

CONCERNS = 4
"""Rows of ``shares``."""
_WORDS: dict[str, str] = {
    # what is done on the farm, and what happens to crops and animals
    "sow": "怎么种 咋种 咋个种 播种 下种 点种 撒种 直播 移栽 栽培 栽种 几时种 时候种 好久种 好久栽 几月种 下地种 耩 "
    "定植 种植 种多深 种多少 密度 育苗 插秧 栽 多深 多少棵 多少穴",
    "harvest": "收获 采收 收割 抢收 割 刨 掰 时候收 几时收 好久收 好久挖 采摘 摘果 熟",
    "store": "储 贮 存放 存粮 囤 窖 入仓 进仓 仓 放得 怎么放 咋放 咋个放 怎么存 咋存 存到 过冬 晒",
    "seed": "种子 选种 浸种 催芽 发芽 拌种 品种 留种 自留",
    "feed": "喂 饲料 吃食 草料 青贮 精料 料减 加料",
    "fertilise": "追肥 施肥 底肥 化肥 尿素 肥料 上肥 复合肥 粪 缺肥 脱肥 叶面肥",
    "water": "浇 灌水 抗旱 天旱 干旱 缺水 冻水 晒田 放水",
    "flood": "淹 涝 积水 排水 洪水 大水 水灾 一汪水 泡水",
    "cold": "冻 霜 倒春寒 寒露风 下雪 大雪 低温 零下 保温 取暖 保暖 冷天",
    "heat": "高温 中暑 热天 太热 天热 暑 四十度 降温 遮阳",
    "hail": "冰雹 雹 雪弹 冷子",
    "lodging": "倒伏 倒了 趴 吹倒 刮倒 防倒 抗倒",
    "weeds": "除草 稗 杂草 草害 打草 野草",
    "pests": "虫 螟 蚜 螨 蜘蛛 蛾 蚰子 钻心 蛴螬 象甲 蝗 蚂蚱 蓟马 粉虱 蜗牛 鼻涕 飞虱 蝼蛄 地老虎 牛子 跳蚤 虱",
    "rodents": "鼠 耗子",
    "mould": "霉 长毛 灰毛 白毛 黑毛 黄毛 长灰",
    "rot": "烂 腐 溃疡 流脓",
    "spots": "斑 锈 黄点 黑点 花叶 疤 白粉 黑粉 黄粉",
    "yellowing": "发黄 黄化 焦黄 黄叶 叶子黄 失绿 黄苗 黄不拉",
    "wilting": "枯 蔫 萎 死苗 死棵 青干 干死",
    "fruit set": "坐果 不坐 坐荚 落花 落果 坐瓜 授粉 空壳 秃尖 缺粒 结果 化瓜 空秆 不结",
    "pruning": "剪枝 冬剪 修剪 打顶 掐 疏花 疏果 套袋 嫁接 翻藤 翻秧 整枝 打杈",
    "spraying": "打药 喷药 农药 药害 兑水 稀释 施药 喷雾 除草剂 药瓶",
    "poisoning": "中毒 误食 误吃 喝了 恶心 头晕 催吐 有毒",
    "birth": "产仔 下崽 接生 产后 流产 初生 刚生 刚下 下犊 羊羔 猪仔 难产 怀孕 发情 配种 奶水",
    "scours": "拉稀 腹泻 白痢 拉白 屙 血便 痢疾 拉肚",
    "fever": "发烧 高烧 发热 喘 咳 呼吸 打喷嚏 鼻涕",
    "vaccine": "疫苗 免疫 打针 防疫",
    "plague": "瘟 口蹄疫 布病 疫情 隔离 突然死 成批死 传染",
    "carcass": "病死 死猪 死鸡 死羊 无害化 埋",
    "machine": "拖拉机 收割机 农机 四轮子 旋耕 打不着火 插秧机 机子 机器 无人机 飞机 三轮",
    "straw": "秸 焚烧 点火 烧荒 稻草",
    "soil": "土壤 测土 板结 酸 盐碱 地力 重茬 连作 换茬 轮作",
    "greenhouse": "温室 棚",
    # law, money and offices
    "price": "多少钱 啥价 什么价 价钱 价格 几块 卖价 涨价 行情 多钱",
    "when": "什么时候 啥时候 啥前 几时 好久 几月 多会 何时 哪天 时间 甚时候",
    "fine": "罚 犯法 违法 合法 拘留 坐牢 判刑 犯罪 允不允许 能不能烧 违规",
    "claim": "赔 补偿 损失",
    "subsidy": "补贴 补助 津贴 补钱 领钱 发钱 救助 帮扶",
    "insurance": "保险 投保 参保 保费 理赔",
    "medical": "医保 报销 报账 住院 看病 门诊 药费 新农合 医院 大病",
    "pension": "养老 退休 老年 社保",
    "elders": "老人 父母 爸妈 赡养 高龄 岁 老汉 爹娘 老两口 老伴",
    "children": "孩子 娃 儿子 学生 小孩 留守 未成年 孙",
    "school": "上学 学校 学费 大学 高考 助学 老师 幼儿园 读书",
    "marriage": "结婚 离婚 再婚 丈夫 妻子 媳妇 嫁 夫妻 老公 彩礼",
    "death": "去世 过世 死后 走了 遗产 继承 遗嘱 不在了 没了",
    "low income": "低保 五保 特困 贫困 脱贫 返贫",
    "disability": "残疾 瘫",
    "homestead": "宅基地 盖房 建房 修房 起房 起屋 房子 老宅 违建 翻盖 老屋",
    "land": "承包 土地 耕地 农田 我的地 俺的地 地给 租地 包地 分地 调地 田租",
    "taking land": "征地 征收 占地 被征 拆迁 征完 征光",
    "renting": "出租 租金 流转 转包 租给 租人 租用 租出 包出去",
    "neighbour": "邻居 隔壁 邻里 边界 地界 相邻",
    "village": "村委 村民会 村里 村干部 村上 村规 选举 主任 村务 集资 一事一议",
    "cooperative": "合作社 入社 入股 退社 股金 分红",
    "village accounts": "查账 账本 公开 账目 的账",
    "wages": "工资 工钱 欠薪 包工头 打工 仲裁 老板 劳动",
    "dispute": "纠纷 打官司 起诉 仲裁 调解 法院 告 吵架 说理",
    "forest": "林 砍 树木 退耕 采伐",
    "canal": "水渠 圳 沟 水利 灌溉 机耕路 打井",
    "fake goods": "假种子 假药 假化肥 假货 质量 伪劣 防伪",
    # the bank
    "card": "银行卡 卡里 卡丢 卡掉 的卡 张卡 卡卡 信用卡 社保卡 开卡 办卡 销卡 卡给",
    "lost": "丢 掉了 挂失 补办 落了 遗失 找不到 搞落 忘",
    "savings": "存折 折子 存单 定期 存款 存钱 利息 取钱 取现 取款",
    "loan": "贷 借款 授信 还款 抵押",
    "overdue": "逾期 还不上 没还 还不起 欠 到期 催收",
    "guarantee": "担保 保人 签字 连带",
    "credit record": "征信 信用报告 信用记录 黑名单",
    "interest": "利率 lpr LPR 报价 月息 几分利 高利 砍头息 利滚利",
    "transfer": "转账 汇款 转错 打错 打钱 汇错 到账",
    "notes": "假币 残币 票子 零钱 纸币 破钱 烂钱 换钱 钞",
    "password": "密码 验证码 口令",
    "bills": "缴费 交费 电费 水费 话费 燃气 代扣 扣钱 扣款 自动扣",
    "closing": "注销 销户 不用了 关脱 取消 关掉 解绑 退订",
    # tricks
    "is it true": "真的假的 真的吗 是真是假 真定假 靠谱 能信 相信 信得 骗 哄人 可信 诈 稳当 是不是真 安全吗 "
    "真假 真不真 做唔做得 干不干得 能不能干 上当",
    "police": "公安 警察 派出所 检察 法官 逮捕 通缉 报警 报案 民警",
    "link": "短信 链接 网址 扫码 二维码 点开 下载 软件 app APP 共享屏幕 短讯",
    "call": "来电 打电话 电话里 接到电话 客服 语音",
    "chat group": "微信群 拉群 进群 股票群 粉丝群 家长群 群里 喊单",
    "investment": "投资 理财 稳赚 炒股 虚拟币 数字货币 高回报 分红 内幕 集资 挖矿 带单",
    "odd job": "刷单 点赞 兼职 做任务 返现 返利 佣金 手工活 挣钱 赚钱",
    "gift": "中奖 抽奖 免费 白给 领奖 奖品 送东西 送鸡蛋 送米",
    "gambling": "赌 打牌 彩票 六合彩 下注 码报 押注",
    "parcel": "快递 包裹 到付 网购 退货",
    "lending a card": "借卡 卖卡 租卡 跑分 走账 帮他取钱 帮人取 借我的银行卡 卡租",
    "identity": "身份证 个人信息 泄露 刷脸 人脸 冒用 照片 信息",
    "health goods": "保健品 体检 专家 神药 治病 义诊 药酒 理疗",
    "superstition": "和尚 算命 消灾 开光 化缘 风水 迷信",
    "money back": "追回 退回 退给 找回 要回来 要得回来 止付 冻结 解冻",
}


def _by_start() -> dict[str, list[tuple[str, int]]]:
    starts: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for bit, words in enumerate(_WORDS.values()):
        for word in words.split():
            starts[word[0]].append((word, 1 << bit))
    return dict(starts)


_STARTS = _by_start()


def concepts(text: str) -> int:
    """The concepts of ``text``, one bit each."""
    found = 0
    for place, char in enumerate(text):
        for word, bit in _STARTS.get(char, ()):
            if not found & bit and text.startswith(word, place):
                found |= bit
    return found


@lru_cache(maxsize=8192)
def _of_entry(words: str, wordings: int) -> tuple[tuple[int, ...], int]:
    """Concepts of the title and each question, and those of all with the spoken form."""
    *lines, spoken = words.split("\n", wordings + 1)[: wordings + 1]
    each = tuple(map(concepts, lines))
    every = concepts(spoken)
    for found in each:
        every |= found
    return each, every


def asked(readings: Iterable[str]) -> int:
    """The concepts of a question in all its readings."""
    found = 0
    for reading in readings:
        found |= concepts(reading)
    return found


def shares(wanted: int, words: Sequence[str], wordings: Sequence[int]) -> npt.NDArray[np.float32]:
    """How well entries fit what is asked, ``[CONCERNS, entries]``, each 0..1; 0 for entries without wordings.

    Rows: the share of the asked concepts in an entry's wordings; the same with its spoken form; the share of its
    title's concepts that is asked; and the best agreement (shared by all of both) with one wording.

    Args:
        wanted: the concepts asked for.
        words: of each entry (``storage.words``); those of entries without wordings do not count.
        wordings: how many lines of them are title and questions; 0 when it has no wordings.
    """
    result = np.zeros((CONCERNS, len(words)), dtype=np.float32)
    if not wanted:
        return result
    for column, (text, lines) in enumerate(zip(words, wordings, strict=True)):
        if not lines:
            continue
        each, every = _of_entry(text, lines)
        worded = 0
        for found in each:
            worded |= found
        result[:, column] = (
            (wanted & worded).bit_count() / wanted.bit_count(),
            (wanted & every).bit_count() / wanted.bit_count(),
            (wanted & each[0]).bit_count() / max(each[0].bit_count(), 1),
            max((wanted & found).bit_count() / (wanted | found).bit_count() for found in each),
        )
    return result
