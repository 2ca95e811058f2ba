# ruff: noqa: E501 - sentences stay whole
"""What people read on Telegram beside the answers of the dialogue."""

from __future__ import annotations

PHOTO = "图片我看不了。请您把上面的字念给我听，或者打字发过来，我帮您看。"
PHOTO_WITH_WORDS = "图片我看不了，我照您打的字来答。图里写了什么，请您念给我听，或者打字发过来。"
UNREADABLE = "这个我看不了。请您打字，或者按住话筒说给我听。"
LOCATION = "位置收到了，可我手上没有能查的地图，认不出是哪里，也没有存下来。您是哪个省的？点下面的名字，或者打字，比如：/region 四川。"
WHICH_PROVINCE = "您是哪个省的？点下面的名字，或者打字，比如：/region 四川。"
PROVINCE_SET = "好，记住了，您在{name}。问政策、问种地，我就按{name}的来说。"
PROVINCE_UNKNOWN = "这个地方我没认出来。请您说省的名字，比如：/region 四川。"
EDITED = "您改了前面的话，我怕弄错，没有照着改。请您把要改的话直接再发一遍。"
STALE = "这个已经选过了，或者过时了。请看最新的一条。"
STALE_REPLY = "您回的是前面的一条，那个已经过时了。请看最新的一条，再选一次。"
REMOVED = "您刚才那句里有密码或者验证码，我已经替您从聊天里删掉了，也没有存。谁来要都别给，银行的人也不会要。"
PLEASE_REMOVE = "您刚才那句里有密码或者验证码，我没有存，可我删不掉它。请您自己按住那句话，点“删除”。谁来要都别给，银行的人也不会要。"
WHICH_SPEECH = "要不要我把回话念出来？"
SPEECH = {
    "as_asked": ("您说话我就念，您打字我就打字", "好。您说话，我就念给您听；您打字，我就打字。"),
    "always": ("每次都念给我听", "好，以后每次都念给您听。"),
    "never": ("不要念，只要文字", "好，以后只发文字。"),
}
DO_NOT_KNOW_COMMAND = "这个命令我不认得。您直接打字，或者按住话筒说话就行。"
NO_PAGE = "这个页面在这里打不开。请跟我说：转人工，请工作人员给您。"
SOURCE = "依据：{title}"
USEFUL = "有用"
USELESS = "没用"
RATED = "谢谢您告诉我。"
WHY_NOT = "对不住，没帮上您的忙。哪里不好？您点一下。"
REASON_KEPT = "记下了，请人改。急着要问，就说：转人工。"
NOT_RATED = "这句话找不到了，没法评。"
CHOSEN = "✅ {title}"

COMMANDS = {
    "start": "重新开始",
    "help": "我能帮您办什么",
    "region": "告诉我您在哪个省",
    "voice": "要不要念给您听",
    "human": "找真人",
    "privacy": "您的话怎么存",
    "delete": "删掉我的聊天记录",
}
