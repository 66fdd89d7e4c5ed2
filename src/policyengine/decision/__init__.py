"""The answer: findings, their reasons in words, and their JSON.

In: values that the engine worked out. Out: `findings` (the types), `wording` (values as people read them),
`explanation` (sentences), `decision_json` (the published shape). Kinds and everything above may import it.
"""
