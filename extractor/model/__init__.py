"""The model seam: one request in, one reply out; and what is done when that fails.

`Model` is the protocol. `live` asks an endpoint, `recorded` replays what one said, `scripted` is for tests. Above them
`asking` applies the policy (what is retried, asked again, split or given up), and `meter` keeps to limits and budget.
Nothing here knows what a letter is.
"""

from extractor.model.seam import Attempt, Message, Model, OnAttempt, Reply, Request

__all__ = ["Attempt", "Message", "Model", "OnAttempt", "Reply", "Request"]
