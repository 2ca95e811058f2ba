"""Words the embedded recogniser should expect when the dialogue gives no better hints: what villagers come for.

Short on purpose: every term costs decoding time, and a long list draws the decoder towards words nobody said.
"""

DEFAULT_TERMS: tuple[str, ...] = (
    "贷款",
    "种植贷款",
    "化肥",
    "种子",
    "农药",
    "玉米",
    "小麦",
    "水稻",
    "补贴",
    "话费",
    "电费",
    "水费",
    "医保",
    "养老",
    "社保卡",
    "诈骗",
    "转账",
    "病虫害",
    "养猪",
    "价格",
    "一亩",
    "还款",
    "利息",
    "村委会",
)
