"""Help with e-mails (domain reference, section 17)."""

from fastapi import Response

from py360.kit.http import Answer, DbReads, Res, Router, Session, ok
from py360.modules.assistant.access import CanAsk
from py360.modules.assistant.schemas import CampaignFigures, EmailIn, EnhanceIn, Page, SubjectsIn
from py360.modules.assistant.service import calls, emails, functions, rules, settings
from py360.modules.assistant.service.emails import Asked
from py360.modules.assistant.views import AnalysisView, EmailAnalysis, EnhancedView, ReplyList, SubjectList
from py360.modules.inbox import api as inbox

router = Router()


@router.post("/ai/email/analyze", response_model=Answer[EmailAnalysis])
async def analyze_email(session: Session, caller: CanAsk, body: EmailIn) -> Response:
    """What a mail wants, how its writer feels, how urgent it is: by the classifier of the mailbox, without a network."""
    found = await inbox.classify(session, caller.client_id, body.subject, body.body)
    context = {name: value for name, value in body.context.model_dump(by_alias=True).items() if value}
    view: EmailAnalysis = {
        "sentiment": found.sentiment,
        "confidence": found.sentiment_confidence,
        "intent": found.intent,
        "urgency": emails.urgency(body, found),
        "keyPoints": emails.key_points(f"{body.subject} {body.body}"),
        "suggestedTone": emails.suggested_tone(found),
        "language": found.language,
        "contextualInfo": context,
        "source": found.source,
    }
    return ok(view)


@router.post("/ai/email/smart-replies", response_model=Answer[ReplyList])
async def draft_replies(session: Session, reads: DbReads, caller: CanAsk, resources: Res, body: EmailIn) -> Response:
    """At most three drafts of an answer."""
    stored = await settings.read(reads, caller.client_id)
    await calls.require_room(resources.limits, reads, caller, stored)
    found = await inbox.classify(session, caller.client_id, body.subject, body.body)
    drafts, source = await emails.replies(Asked(reads, caller, stored), body, found)
    return ok({"replies": drafts, "source": source})


@router.post("/ai/email/enhance", response_model=Answer[EnhancedView])
async def enhance_draft(reads: DbReads, caller: CanAsk, resources: Res, body: EnhanceIn) -> Response:
    """A draft in better words, at most 100; without a model it is only tidied."""
    stored = await settings.read(reads, caller.client_id)
    await calls.require_room(resources.limits, reads, caller, stored)
    subject, text, source = await emails.enhance(Asked(reads, caller, stored), body)
    return ok({"subject": subject, "body": text, "source": source})


@router.post("/ai/email/subjects", response_model=Answer[SubjectList])
async def suggest_subjects(reads: DbReads, caller: CanAsk, resources: Res, body: SubjectsIn) -> Response:
    """Eight to ten subject lines."""
    stored = await settings.read(reads, caller.client_id)
    await calls.require_room(resources.limits, reads, caller, stored)
    lines, source = await emails.subjects(Asked(reads, caller, stored), body)
    return ok({"subjects": lines, "source": source})


@router.post("/ai/email/campaign-analysis", response_model=Answer[AnalysisView])
async def analyse_campaign(reads: DbReads, caller: CanAsk, resources: Res, body: CampaignFigures) -> Response:
    """What a campaign's figures say, and what to change."""
    stored = await settings.read(reads, caller.client_id)
    await calls.require_room(resources.limits, reads, caller, stored)
    task = f"Analyse the figures of an e-mail campaign: {body.model_dump_json(by_alias=True)}"
    page = Page(name="Campaign Management")
    return ok(await functions.analyse(reads, caller, stored, task, page, rules.campaign(body)))
