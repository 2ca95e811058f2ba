"""WeChat: official accounts (公众号) and WeCom applications (企业微信), which share everything but a few addresses.

``envelope.py`` signs and encrypts, ``messages.py`` reads and writes the XML, ``api.py`` calls WeChat, ``channel.py``
puts them together: an answer that is ready within WeChat's five seconds is the reply to its request, a later one is
sent as a customer-service message.
"""

from bot.channels.wechat.channel import WeChatChannel, WeChatConfig

__all__ = ["WeChatChannel", "WeChatConfig"]
