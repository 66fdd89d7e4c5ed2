"""The program that the examples of codes and kinds are read beside: one of every type of fact.

Its facts are `informative`, so that an example need not use them all.
"""

from __future__ import annotations

EXAMPLE = """\
kind: program
id: example-program
title: Example programme
currency: USD
parties: {partner: the partner, vendor: the vendor}
items: {subscription: subscription, training: training}
entities:
  partner:
    title: partner
    key: id
    label: name
    facts:
      id: {type: text, title: identifier, required: true}
      name: {type: text, title: name}
      active_accounts: {type: count, title: active accounts, informative: true}
      competence_rating:
        {type: enum, values: [positive, neutral, negative], title: competence rating, informative: true}
      attends_quarterly_reviews: {type: boolean, title: attends the quarterly reviews, informative: true}
      fee: {type: money, title: yearly fee, informative: true}
      rate: {type: rate, title: agreed rate, informative: true}
      renewal_on: {type: date, title: renewal, informative: true}
      region: {type: text, title: region, informative: true}
      average_fee: {type: money, title: average fee, formula: mean(accounts.monthly_fee), informative: true}
  review:
    title: review
    within: partner
    list: reviews
    facts:
      held_on: {type: date, title: day of the review, informative: true}
  account:
    title: account
    within: partner
    list: accounts
    key: id
    facts:
      id: {type: text, title: identifier}
      status: {type: enum, values: [active, closed], title: status, informative: true}
      monthly_fee: {type: money, title: monthly fee, informative: true}
      opened_on: {type: date, title: day of opening, informative: true}
      closed_on: {type: date, title: day of closing, informative: true}
---
kind: billing
id: fees
title: Fees
for: account
charges:
  - {id: monthly-fee, title: Monthly fee, amount: monthly_fee, item: subscription, due_on: opened_on}
"""


def small_program(*facts: str) -> str:
    """Returns a program with one entity: its identifier, and these facts."""
    return "\n      ".join((_SMALL.rstrip(), *facts)) + "\n"


_SMALL = """\
kind: program
id: example
title: Example
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
"""
