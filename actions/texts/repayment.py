"""What a repayment plan says."""

from __future__ import annotations

TITLE = "贷{amount}，{term}，年利率{rate}%，{method}"
TITLE_SPOKEN = "贷{amount}，{term}，年利率百分之{rate}，{method}"
EVEN = "每个月还{each}，还{count}个月。"
"""Every month the same, but for what rounding leaves over in the last."""
FALLING = "头一个月还{first}，往后每个月少还一点，最后一个月还{last}，一共{count}个月。"
INTEREST_FIRST = "头{count}个月每个月只还利息{each}，最后一个月连本带利还{last}。"
ONCE = "一个月到期，连本带利还{last}。"
LAST = "最后一个月还{last}。"
TOTAL = "一共还{total}，其中利息{interest}。"
METHODS = {
    "等额本息": "每个月还的一样多",
    "等额本金": "每个月还的本钱一样多，越还越少",
    "先息后本": "平时只还利息，到期还本钱",
}
ROUGH = "这是按月算的，分以下四舍五入；银行按天算，会差一点，以合同为准。"
RATE_FROM = "利率来自：{source}，{day}。"
ROW = "第{month}个月：还{total}（本钱{principal}，利息{interest}）"
MORE_ROWS = "……"
LEFT_AXIS = "每月还（元）"
PRINCIPAL, INTEREST = "本钱", "利息"
MONTH = "月"
HEADS = ("第几个月", "还多少", "本钱", "利息", "还欠")
SAMPLE = "示例，不是真产品"
