"""What people read on WeChat beside the answers of the dialogue."""

from __future__ import annotations

IMAGE = "图片我看不了。请您把上面的字念给我听，或者打字发过来，我帮您看。"
UNREADABLE = "这个我看不了。请您打字，或者按住说话。"
LOCATION = "位置收到了，可我手上没有能查的地图，认不出是哪里，也没有存下来。请您打字告诉我是哪个省的，比如：地区 四川。"
PROVINCE_SET = "好，记住了，您在{name}。问政策、问种地，我就按{name}的来说。"
PROVINCE_UNKNOWN = "这个地方我没认出来。请您打省的名字，比如：地区 四川。"
REMOVE_IT = "您刚才那句里有密码或者验证码，我没有存。请您自己按住那句话，点“删除”。谁来要都别给，银行的人也不会要。"
SOURCE = "依据：{title}"
PICTURE = "看图：{url}"
CHOOSE = "回数字就行。"
NO_PAGE = "这个页面在这里打不开。请跟我说：转人工，请工作人员给您。"
LOST_RECORDING = "您的录音我没取到，请您再说一遍，或者打字告诉我。"
