# ruff: noqa: E501 - sentences stay whole
"""What the loan application says."""

from __future__ import annotations

TASK = "贷款申请"
START = "好，我帮您填贷款申请。问您几样，填完您看过再交。"

ASK = {
    "loan_amount": "您想贷多少钱？比如说：五万。",
    "loan_purpose": "这笔钱拿来做什么用？",
    "crop_or_livestock": "您家主要种什么，或者养什么？",
    "loan_area": "种了多少亩？",
    "loan_term": "想贷多长时间？",
    "applicant_name": "请问您叫什么名字？",
    "applicant_phone": "您的手机号是多少？工作人员好跟您联系。",
    "applicant_village": "您住在哪个村？",
    "loan_plot": "请把地块图发给我（GeoJSON的一个多边形）。手边没有，就说以后再补。",
    "loan_credit": "还有一样要您单独同意：办贷款，银行要查您的征信，就是看您以前借钱还钱的记录。不同意也能交，工作人员会当面问您。您同意查吗？",
    "loan_consent": "我要把您的姓名、电话和这份申请交给银行的工作人员，只用来办这笔贷款。您同意吗？",
}
HINT = {
    "loan_amount": "我没听出是多少钱。您说个数，比如：五万块。",
    "loan_purpose": "我没听出钱做什么用。您可以说：买化肥，或者：买牛。",
    "crop_or_livestock": "我没听出种什么养什么。您可以说：种玉米，或者：养猪。",
    "loan_area": "我没听出多少亩。您说个数，比如：十亩。",
    "loan_term": "我没听出多长时间。您可以说：一年，或者：十八个月。",
    "applicant_name": "我没听出您的名字。您可以说：我叫王小明。",
    "applicant_phone": "我没听出手机号。您一个数字一个数字说就行。",
    "applicant_village": "我没听出是哪个村。您可以说：赵家村。",
    "loan_consent": "请您说同意，或者不同意。",
    "loan_credit": "请您说同意，或者不同意。查不查征信由您定，不同意也能交。",
    "loan_plot": "请发地块图，或者说以后再补。",
    "loan_confirm": "请您说：对，提交；或者说有地方要改。",
}
AMOUNT_ODD = "我听到的是{amount}，怕听错了。请您再说一遍贷多少，比如：五万块。"
AMOUNT_VAGUE = "这个数我拿不准。请您说一个准数，比如：三万。"
ONLY_YUAN = "这里只办人民币。请您说要多少元，比如：三万块。"
CROP_UNKNOWN = "我听到的是{crop}，对吗？"
CROP_YES = "对，{crop}"
CROP_NO = "不对，重新说"
TERM_ODD = "我听到的是{term}，怕听错了。请您再说一遍贷多久，比如：两年。"
AREA_ODD = "我听到的是{area}，怕听错了。请您再说一遍有多少亩。"
PHONE_ODD = "我听到的号码是{count}位。手机号要十一位，请您再说一遍。"
PURPOSES = ("买种子化肥", "买牲口饲料", "买农机", "盖大棚修圈", "做小买卖")
TERMS = ((6, "半年"), (12, "一年"), (24, "两年"), (36, "三年"))
NEITHER = "不种也不养"
SAME_CROP = "{purpose}，就是{crop}"
"""They want the money to grow or raise it, and have their own word for it."""
ASK_AREA_OR_NONE = "有多少亩地？没有地就说没有。"
AGREE = "同意"
DISAGREE = "不同意"
NOT_AGREED = "好，您不同意，我就不交。刚才填的我也不留。您想当面办，可以带上身份证去开户行网点。"
LABEL = {
    "loan_amount": "金额",
    "loan_purpose": "用途",
    "crop_or_livestock": "种养",
    "loan_area": "面积",
    "loan_term": "时间",
    "applicant_name": "姓名",
    "applicant_phone": "电话",
    "applicant_village": "村子",
}
DOING = {"crop": "种", "livestock": "养"}
READ_BACK = "我念一遍，您看对不对。"
SUBMIT = "对，提交"
CHANGE = "有地方要改"
DROP = "先不办了"
NOTED = "我记下了："
IS_IT_RIGHT = "对不对？"
TRY_AGAIN = "您可以过一会儿再说一遍提交，不会重复申请。"
CREDIT_TOLD = {True: "您同意银行查征信。", False: "您先不同意查征信。"}
PLOT_TOLD = "地块图也收到了。"
PLOT_LATER = "以后再补"
ADD_PLOT = "加地块图"
WHEN_LATER = "等送到银行，跟我说查进度，就知道大概哪天有人找您。"
DONE = "申请登记好了，编号是{case}。现在：{state}。{when}贷不贷、贷多少，由银行的工作人员来定，我不能替他们答应。想知道办到哪了，跟我说查进度。"
AGAIN = "这份申请您已经交过了，跟这次说的一模一样，没有再交一份。编号是{case}。现在：{state}。要是想另外再贷一笔，就说：转人工。"
FRAUD_NOTE = "提醒您：办贷款不用先交钱，谁让您先交钱，就是骗子，可以打96110问。"
FRAUD_NOTE_SPOKEN = "提醒您：办贷款不用先交钱，谁让您先交钱，就是骗子，可以打九六一一零问。"
FAILED = "对不住，系统这会儿出了点毛病，我没法确定交上去没有。您过一会儿再说一遍提交，不会重复申请。"
"""The key stays the same, so a second try is safe."""
