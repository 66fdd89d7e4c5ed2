"""The answer for a record: findings, their explanation, their JSON.

In: values that the engine computed. Out: `findings` (the types), `wording` (values as people read them),
`explanation` (sentences), `decision_json` (the published shape). Kinds and everything above may import it.
"""
