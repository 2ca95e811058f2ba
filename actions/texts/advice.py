# ruff: noqa: E501 - sentences stay whole
"""What is said about loan products."""

from __future__ import annotations

FOR_THING = "它是给{thing}的，您说的正是这个"
FOR_PURPOSE = "您说要{purpose}，它就管这个"
FOR_PEOPLE = "{people}能办，您说您是"
FOR_PLACE = "只在您那一片办"
HOLDS_AMOUNT = "您要{amount}，它最多能贷{most}"
HOLDS_TERM = "您要{term}，它最长{longest}"
GENERAL = "种地、养殖、周转都能用"

TOO_MUCH = "目录里合您用处的，最多能贷{most}，没有您说的这么多。"
TOO_LITTLE = "目录里合您用处的，最少要贷{least}。"
TOO_LONG = "目录里合您用处的，最长{longest}，没有您说的这么久。"
NOT_TOGETHER = "目录里没有一种，钱数和时间都合得上您说的。换个钱数或者时间，我再看看。"
NOTHING = "目录里没有合您用处的。"

FOUND = "合您说的，目录里有{count}种："
ITEM = "{number}. {title}：年利率{rate}%，能贷{least}到{most}，{shortest}到{longest}。{why}。"
ITEM_SPOKEN = "第{number}种，{title}，年利率百分之{rate}，能贷{least}到{most}，{shortest}到{longest}。{why}。"
SOURCE = "利率和条件来自《{source}》，{day}的。"
SAMPLE = "这些是示例产品，不是真的。"
PEOPLE_DECIDE = "能不能贷、贷多少，由银行的工作人员来定，我不能替银行说准。"
DETAIL = (
    "{title}：{conditions}。{guarantee}。能贷{least}到{most}，{shortest}到{longest}，年利率{rate}%。还法：{methods}。"
)
DETAIL_SPOKEN = "{title}。{conditions}。{guarantee}。能贷{least}到{most}，{shortest}到{longest}，年利率百分之{rate}。还法有{methods}。"
GONE = "这个产品现在不在目录里了。"
LOOK = "看看{name}"
HOW_MUCH = "算算一个月还多少"
APPLY = "现在填申请"
NOT_NOW = "先不填"
ASK_PURPOSE = "您贷款想做什么用？说说种什么、养什么，要多少钱、用多久，我好给您找合适的。"
PURPOSES = ("种地买化肥", "养牲口", "买农机", "盖大棚", "做小买卖")
ASK_AMOUNT = "您想贷多少钱？比如说：五万。"
ASK_TERM = "想用多久？比如说：两年。"
TERMS = ((6, "半年"), (12, "一年"), (24, "两年"), (36, "三年"))
AMOUNT_AGAIN = "我没听出是多少钱。您说个数，比如：五万块。"
TERM_AGAIN = "我没听出多长时间。您可以说：一年，或者：十八个月。"
PLAN_OF = "按{title}算："
NOT_HELD = "{title}只贷{least}到{most}、{shortest}到{longest}，您说的不在这里头。"
OTHER_WAY = "换成{method}"
CATALOGUE_DOWN = "对不住，贷款产品目录这会儿打不开，利率我不敢乱说。您可以问开户行网点。"
FILL_FIRST = "先把钱数和时间填好，我就能给您算一个月还多少。"
WHICH_FITS = "看哪种贷款合适"
