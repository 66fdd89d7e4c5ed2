"""A decision with a finding of every sort, made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from policyengine.decision.decision import Decision
from policyengine.decision.findings import (
    Assumption,
    Charge,
    Clause,
    Discount,
    Duty,
    Figure,
    Finding,
    Gate,
    Level,
    Missing,
    NextLevel,
    Obligation,
    ObligationTopic,
    Origin,
    Reason,
    Requirement,
    Right,
    Room,
    Score,
    ScorePart,
    Shortfall,
    Subject,
    Unsettled,
    Waiver,
    WaiverNote,
)
from policyengine.source import Source, Span

LABELS = {
    "partner": "the reseller",
    "bytekast": "ByteKast",
    "customer": "the customer",
    "app_setup": "app set-up",
    "monthly_subscription": "monthly subscription",
}
KPI = Clause("kpi-levels", "Reseller KPI levels, reviews and billing", "1", "https://example.test/kpi")
ACME = Subject("partner", "acme", "Acme")
DEAL = Subject("opportunity", "O-1", None, root=False)
ACCOUNT = Subject("account", "A-1", None, root=False)
NAMELESS = Subject("account", None, None, root=False, position=2)
SOURCES = {
    name: Source(f"policies/bytekast/{name}.yaml", "\n" * 200)
    for name in ("levels", "billing", "reviews", "activities", "pipeline", "scores")
}


def at(name: str, line: int) -> Span:
    """A place in a policy file."""
    return SOURCES[name].span(line - 1, line - 1)


def origin(
    policy: str,
    id: str,
    title: str,
    file: str,
    line: int,
    note: str | None = None,
    clause: Clause | None = KPI,
) -> Origin:
    """Assumed where there is a note."""
    assumption = Assumption(policy, id, title, at(file, line), note) if note else None
    return Origin(
        policy, id, title, at(file, line), clause, "assumed" if note else "stated", note, assumption
    )


MEASURE = Reason(
    "active accounts are 12, from 10 to 15", "holds", at("levels", 21), "active_accounts", 12, "10..15"
)
MEASURED = Requirement(
    origin=origin("reseller-levels", "active_accounts", "active accounts from 10 to 15", "levels", 21),
    test_of="active_accounts",
    subject=ACME,
    status="met",
    because=(MEASURE,),
)
REVIEWS = Requirement(
    origin=origin("reseller-levels", "quarterly-reviews", "Attends the quarterly reviews", "levels", 9),
    subject=ACME,
    status="met",
    because=(Reason("attends the quarterly reviews", "holds", at("levels", 9)),),
)
COMPETENCE = Requirement(
    origin=origin(
        "reseller-levels", "competence", "Is rated positive on competence", "levels", 12, "no scale is given"
    ),
    subject=ACME,
    status="undetermined",
    because=(Reason("competence rating is not known", "unknown", at("levels", 12)),),
    unknown=(Unsettled("competence_rating", "partner", "acme", "competence rating is missing"),),
)
REACHED = Level(
    origin=origin("reseller-levels", "reseller-levels", "Reseller levels", "levels", 21),
    subject=ACME,
    status="reached",
    because=(MEASURE,),
    level="silver",
    level_title="Silver",
    candidate="silver",
    candidate_title="Silver",
    requirements=(MEASURED, REVIEWS),
    next=NextLevel(
        level="gold",
        title="Gold",
        missing=(
            Shortfall(
                "active_accounts",
                "active accounts",
                "unmet",
                "active_accounts",
                12,
                "16..26",
                4,
                "4 more active accounts (from 16 to 26)",
            ),
            Shortfall("competence", "Is rated positive on competence", "undetermined"),
        ),
    ),
    room=Room(fact="active_accounts", noun="active accounts", have=12, lost_below=10, room=2),
)
SCORE = Score(
    origin=origin("capability", "capability", "Capability score", "scores", 1),
    subject=ACME,
    status="scored",
    points=Decimal("41.5"),
    most=Decimal(100),
    parts=(
        ScorePart(
            origin=origin("capability", "people", "Certified people", "scores", 7),
            subject=ACME,
            status="counted",
            because=(Reason("certified people are 9", "value", at("scores", 7), "certified", 9),),
            points=Decimal(25),
            most=Decimal(25),
            before_limits=Decimal(36),
            units=Decimal(9),
            unit="certified people",
            each=Decimal(4),
        ),
        ScorePart(
            origin=origin("capability", "success", "Success", "scores", 9, "the weight is a guess"),
            subject=ACME,
            status="counted",
            points=Decimal(33),
            before_limits=Decimal(33),
            weight=Decimal("0.5"),
        ),
        ScorePart(
            origin=origin("capability", "bounty", "Bug bounty", "scores", 15),
            subject=ACME,
            status="not_counted",
            because=(Reason("no app that is paid", "fails", at("scores", 15)),),
            points=Decimal(0),
            before_limits=Decimal(30),
            nested=True,
        ),
        ScorePart(
            origin=origin("capability", "cloud", "Cloud", "scores", 16),
            subject=ACME,
            status="not_applicable",
            because=(Reason("works in the cloud: no", "fails", at("scores", 16), "cloud", False),),
            nested=True,
        ),
    ),
)
OPEN_SCORE = Score(
    origin=origin("reviews", "reviews", "Review score", "scores", 21),
    subject=ACME,
    status="undetermined",
    unknown=COMPETENCE.unknown,
    parts=(
        ScorePart(
            origin=origin("reviews", "competence", "Competence", "scores", 25),
            subject=ACME,
            status="undetermined",
            because=(Reason("competence rating is not known", "unknown", at("scores", 25)),),
            unknown=COMPETENCE.unknown,
        ),
    ),
)
OPEN = Level(
    origin=origin("reseller-levels", "reseller-levels", "Reseller levels", "levels", 21),
    subject=ACME,
    status="undetermined",
    because=(MEASURE,),
    unknown=COMPETENCE.unknown,
    level=None,
    candidate="silver",
    candidate_title="Silver",
    requirements=(MEASURED, REVIEWS, COMPETENCE),
)
DISCOUNTS = tuple(
    Discount(
        origin=origin("reseller-levels", "silver", "Silver", "levels", 24),
        subject=ACME,
        status="applies",
        on=item,
        on_title=LABELS[item],
        rate=Decimal("0.2"),
        level="silver",
    )
    for item in ("app_setup", "monthly_subscription")
)


def duty(id: str, title: str, party: str | None, role: str, line: int, status: str = "applies") -> Duty:
    """A duty of the selling block up to line 30, of the set-up block after it; every other one is assumed."""
    block = ("selling", "Selling") if line <= 30 else ("onboarding", "Onboarding and app set-up")
    return Duty(
        origin=origin(
            "activities", id, title, "activities", line, "the ticks are lost" if line % 2 else None, None
        ),
        subject=ACME,
        status=status,
        because=(Reason("partner type is sales", "holds", at("activities", 5), "partner_type", "sales"),),
        unknown=(Unsettled(None, None, None, "the text does not say who does it"),) if party is None else (),
        block=block[0],
        block_title=block[1],
        role=role,
        party=party,
    )


DUTIES = (
    duty("qualify", "Answer the lead and qualify it", "partner", "responsible", 20),
    duty("agree-setup", "Agree the app set-up and the workflow", "partner", "responsible", 23),
    duty("agree-setup", "Agree the app set-up and the workflow", "bytekast", "consulted", 23),
    duty("containers", "Create and style the app containers", "bytekast", "responsible", 41),
    duty("containers", "Create and style the app containers", "customer", "signs_off", 41),
    duty("training", "Train the editors of the customer", None, "responsible", 44, "undetermined"),
    duty(
        "cms", "Manage the releases of the customer's own CMS", "partner", "responsible", 47, "not_applicable"
    ),
)
AMOUNT = Requirement(
    origin=origin("new-business", "amount-known", "MRR or capex is given", "pipeline", 31),
    subject=DEAL,
    status="unmet",
    because=(
        Reason("MRR 0 is not above 0", "fails", at("pipeline", 31), "mrr", Decimal(0), "> 0"),
        Reason("capex 0 is not above 0", "fails", at("pipeline", 31), "capex", Decimal(0), "> 0"),
    ),
)
NOTE = WaiverNote(
    "exceptions", "reference", "a pilot", "bytekast", ticket="CH-7", until_including=date(2026, 12, 31)
)
WAIVED = Requirement(
    origin=origin("new-business", "reference", "There is a reference customer", "pipeline", 33),
    subject=DEAL,
    status="waived",
    because=(Reason("reference customers 0, below 1", "fails", at("pipeline", 33), "references", 0, "1.."),),
    waiver=NOTE,
)
GATES = (
    Gate(
        origin=origin("new-business", "demo", "Demo", "pipeline", 28),
        subject=DEAL,
        status="blocked",
        stage="demo",
        stage_title="Demo",
        next_stage="project-presentation",
        next_stage_title="Project presentation",
        next_stages=("project-presentation",),
        requirements=(AMOUNT, WAIVED),
    ),
    Gate(
        origin=origin("new-business", "contract-out", "Contract out", "pipeline", 50),
        subject=Subject("opportunity", "O-2", "Harbour Times", root=False, position=2),
        status="system",
        stage="contract-out",
        stage_title="Contract out",
        next_stage="order-management",
        next_stage_title="Order management",
        next_stages=("order-management",),
    ),
)


def obligation(
    id: str, title: str, status: str, line: int, due: date | None = None, **more: object
) -> Obligation:
    """An obligation of the reseller."""
    values: dict[str, object] = {"party": "partner", "subject": ACME} | more
    return Obligation(
        origin=origin("reviews", id, title, "reviews", line), status=status, due_on=due, **values
    )  # type: ignore[arg-type]


OBLIGATIONS = (
    obligation(
        "quarterly-review", "Attend the quarterly review", "overdue", 8, date(2026, 9, 30), period="2026 Q3"
    ),
    obligation(
        "quarterly-review", "Attend the quarterly review", "upcoming", 8, date(2026, 12, 31), period="2026 Q4"
    ),
    obligation(
        "user-support",
        "Complete the User Support qualification",
        "upcoming",
        31,
        date(2027, 1, 2),
        audience="support teams",
        parts=(ObligationTopic("tickets", "Raising tickets"), ObligationTopic("escalation", "Escalating")),
    ),
    obligation("sales", "Complete the Sales and Marketing qualification", "met", 21),
    obligation("vision", "Share the vision", "manual", 40, decided_by="bytekast", period="2026 Q4"),
    obligation(
        "privacy",
        "Complete the Data Privacy qualification",
        "undetermined",
        36,
        unknown=(Unsettled("qualifications", "partner", "acme", "qualifications are missing"),),
    ),
)
RIGHTS = (
    Right(
        origin=origin("contract", "renewal", "Renew for a year", "reviews", 70),
        subject=ACME,
        status="open",
        party="partner",
        opens_on=date(2026, 10, 1),
        closes_on=date(2026, 12, 31),
    ),
)
WAIVERS = (
    Waiver(
        origin=origin("exceptions", "reference", "There is a reference customer", "pipeline", 60),
        subject=DEAL,
        status="used",
        of="new-business/demo/reference",
        why=NOTE.why,
        approved_by=NOTE.approved_by,
        ticket=NOTE.ticket,
        until_including=NOTE.until_including,
    ),
    Waiver(
        origin=origin("exceptions", "privacy", "Complete the Data Privacy qualification", "reviews", 60),
        subject=ACME,
        status="upcoming",
        of="reviews/privacy",
        why="the course is full",
        approved_by="bytekast",
        begins_on=date(2026, 12, 1),
    ),
)
CHARGES = (
    Charge(
        origin=origin("billing", "subscription", "Subscription", "billing", 19, "paid in arrears"),
        subject=ACCOUNT,
        status="applies",
        because=(
            Reason("monthly fee 100.00 USD", "value", at("billing", 19), "monthly_fee", Decimal("100.00")),
        ),
        item="monthly_subscription",
        amount=Decimal(100),
        discount_rate=Decimal("0.2"),
        net=Decimal("80.00"),
        currency="USD",
        due_on=date(2026, 3, 31),
        every="P1M",
        next_due_on=date(2026, 11, 30),
    ),
    Charge(
        origin=origin("billing", "setup-fee", "Set-up fee", "billing", 12),
        subject=ACCOUNT,
        status="applies",
        item="app_setup",
        amount=Decimal("1000"),
        discount_rate=None,
        net=Decimal("1000.00"),
        currency="USD",
        due_on=date(2026, 2, 1),
    ),
    Charge(
        origin=origin("billing", "setup-fee", "Set-up fee", "billing", 12),
        subject=NAMELESS,
        status="undetermined",
        unknown=(Unsettled("setup_fee", "account", None, "set-up fee is missing"),),
        item="app_setup",
        currency="USD",
    ),
    Charge(
        origin=origin("billing", "commission", "Commission", "billing", 30),
        subject=ACCOUNT,
        status="overdue",
        amount=Decimal("15.00"),
        net=Decimal("15.00"),
        currency="USD",
        due_on=date(2026, 10, 30),
        payer="vendor",
        payee="partner",
        payout=True,
    ),
    Charge(
        origin=origin("billing", "share", "Share", "billing", 31),
        subject=ACCOUNT,
        status="applies",
        amount=Decimal("5.00"),
        net=Decimal("5.00"),
        currency="USD",
        due_on=date(2026, 1, 30),
        every="P3M",
        next_due_on=date(2027, 1, 30),
        counted_from=date(2025, 10, 1),
        shift_days=29,
        payer="vendor",
        payee="partner",
        payout=True,
        period_number=5,
        of_periods=8,
        period_start=date(2026, 10, 1),
        period_end=date(2026, 12, 31),
        days=61,
        of_days=92,
    ),
    Charge(
        origin=origin("billing", "deposit", "Deposit", "billing", 33),
        subject=ACCOUNT,
        status="settled",
        amount=Decimal("50.00"),
        net=Decimal("50.00"),
        currency="USD",
        payer="partner",
        payee="vendor",
    ),
)
MISSING = (
    Missing("competence_rating", "partner", "acme", ("reseller-levels/competence",)),
    Missing("qualifications", "partner", "acme", ("reviews/privacy",)),
    Missing("setup_fee", "account", None, ("billing/setup-fee",)),
)


def decision(*findings: Finding, missing: tuple[Missing, ...] = ()) -> Decision:
    """A decision about Acme with these findings, each of which rests on what its rule assumes."""
    findings = tuple(
        each if each.origin.assumption is None else replace(each, assumptions=(each.origin.assumption,))
        for each in findings
    )
    figure = Figure(
        origin=origin("pipelines", "expected_mrr", "expected MRR", "pipeline", 21),
        subject=DEAL, status="known", value=Decimal("1250.00"), unit="USD", text="1,250.00 USD",
    )  # fmt: skip
    return Decision(
        program="bytekast",
        program_title="ByteKast Reseller Program",
        policies="sha256:0123",
        as_of=date(2026, 11, 21),
        subject=ACME,
        complete=not missing,
        _findings=findings,
        _figures=(figure,),
        missing=missing,
    )


FULL = decision(
    REACHED,
    SCORE,
    OPEN_SCORE,
    *DISCOUNTS,
    *DUTIES,
    *GATES,
    *OBLIGATIONS,
    *RIGHTS,
    *WAIVERS,
    *CHARGES,
    missing=MISSING,
)
EMPTY = decision()
