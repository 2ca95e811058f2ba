"""How characters with several readings are read: phrases that pypinyin gets wrong or could get wrong."""

from __future__ import annotations

from functools import cache

from pypinyin import Style, lazy_pinyin, load_phrases_dict
from pypinyin.contrib.tone_convert import to_tone

_PHRASES = """
退耕还林 tui4 geng1 huan2 lin2|退耕还草 tui4 geng1 huan2 cao3|还款 huan2 kuan3|还贷 huan2 dai4|还钱 huan2 qian2
还清 huan2 qing1|还本 huan2 ben3|还息 huan2 xi1|还完 huan2 wan2|还不上 huan2 bu2 shang4|每月还 mei3 yue4 huan2
偿还 chang2 huan2|归还 gui1 huan2|返还 fan3 huan2|分期还 fen1 qi1 huan2|银行 yin2 hang2|农商行 nong2 shang1 hang2
行情 hang2 qing2|行距 hang2 ju4|种植 zhong4 zhi2|种地 zhong4 di4|种田 zhong4 tian2|种粮 zhong4 liang2|种菜 zhong4 cai4
种了 zhong4 le5|播种 bo1 zhong3|种子 zhong3 zi5|良种 liang2 zhong3|品种 pin3 zhong3|耕种 geng1 zhong4|复种 fu4 zhong4
间苗 jian4 miao2|间作 jian4 zuo4|套种 tao4 zhong4|粘虫 nian2 chong2|干旱 gan1 han4|晒干 shai4 gan1|枯干 ku1 gan1
茎干 jing1 gan4|树干 shu4 gan4|干部 gan4 bu4|畜牧 xu4 mu4|牲畜 sheng1 chu4|畜禽 chu4 qin2|家畜 jia1 chu4
茄子 qie2 zi5|番茄 fan1 qie2|便宜 pian2 yi5|供给 gong1 ji3|给付 ji3 fu4|补给 bu3 ji3|处理 chu3 li3|处罚 chu3 fa2
重新 chong2 xin1|重茬 chong2 cha2|重播 chong2 bo1|几亩 ji3 mu3|一亩 yi4 mu3|调整 tiao2 zheng3|调查 diao4 cha2
长势 zhang3 shi4|生长 sheng1 zhang3|村长 cun1 zhang3|着急 zhao2 ji2|兴旺 xing1 wang4|登记 deng1 ji4|为您 wei4 nin2
薄膜 bo2 mo2|地膜 di4 mo2|参保 can1 bao3|人参 ren2 shen1|党参 dang3 shen1|结果树 jie1 guo3 shu4|坐果 zuo4 guo3
扁豆 bian3 dou4|稻瘟病 dao4 wen1 bing4|炭疽病 tan4 ju1 bing4|蛴螬 qi2 cao2|螟虫 ming2 chong2|圩 xu1|塘泥 tang2 ni2
应交 ying1 jiao1|应还 ying1 huan2|应缴 ying1 jiao3|应当 ying1 dang1|数字 shu4 zi4|倒伏 dao3 fu2|降雨 jiang4 yu3
切记 qie4 ji4|血本 xue4 ben3|落实 luo4 shi2|露地 lu4 di4|吐穗 tu3 sui4|扎根 zha1 gen1|称重 cheng1 zhong4
"""

READINGS: dict[str, list[str]] = {
    phrase: syllables.split()
    for phrase, _, syllables in (
        entry.strip().partition(" ") for line in _PHRASES.strip().splitlines() for entry in line.split("|")
    )
}
"""Phrase -> its syllables with tone digits, one a character."""


@cache
def _load() -> None:
    load_phrases_dict({phrase: [[to_tone(item)] for item in read] for phrase, read in READINGS.items()})


def pinyin_with_tones(text: str, *, sandhi: bool = True) -> list[str]:
    """Syllables with tone digits (5: neutral), one for each character that has a reading.

    Args:
        text: Chinese characters, a word or a clause; the longest known phrases decide between readings.
        sandhi: tones as they are spoken together (nǐ hǎo as ní hǎo, 一 and 不 by what follows).
    """
    _load()
    read: list[str] = lazy_pinyin(
        text, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=sandhi, errors="ignore"
    )
    return read
