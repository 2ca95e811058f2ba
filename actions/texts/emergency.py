# ruff: noqa: E501 - sentences stay whole
"""What is said when a life is in danger: whom to call, and nothing that replaces a doctor."""

from __future__ import annotations

CALL = "马上打120！说清楚在哪里、出了什么事，听120的医生指挥。"
WHILE_WAITING = {
    "poison": "把瓶子、包装、标签带上，给医生看。别自己催吐，别自己灌水灌药，就算现在没感觉也要去医院。",
    "gas": "能安全进去就先开门开窗，人到外面透气；别点火，别动电开关。",
    "shock": "先断电；电没断，千万别用手去碰人。",
    "water": "大声喊人，同时打110和119。不会水的别自己下水。",
    "urgent": "人身边别离人，别自己乱用药。",
}
SUICIDE = "听您这么说，我很担心您。您不是一个人，这道坎有人能陪您过。请现在就打12356，那是全国心理援助热线，有人听您说；要是已经吃了药、受了伤，或者马上有危险，打120或者110。也请叫一位家里人或者邻居陪着您。"
PERSON = "请工作人员帮我"
