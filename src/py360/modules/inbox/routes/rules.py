"""Folders, rules of the inbox, keyword rules."""

from fastapi import Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Res, Search, Session, listed, ok
from py360.modules.inbox.access import CanManageMailboxes, CanReadMail, CanSeeMailSettings, CanWorkMail
from py360.modules.inbox.queries import settings_lists as queries
from py360.modules.inbox.routes.base import router
from py360.modules.inbox.schemas import ClassificationRuleIn, FolderIn, RuleIn
from py360.modules.inbox.service import rules
from py360.modules.inbox.views import ClassificationRuleList, FolderList, FolderSaved, RuleList, RuleSaved


@router.get("/email-folders", response_model=Answer[FolderList])
async def list_folders(res: Res, caller: CanReadMail) -> Response:
    """The system's folders and the office's own, with how many mails are in them."""
    return ok({"folders": await queries.folders(res.reads, caller, res.clock.now())})


@router.post("/email-folders", status_code=201, response_model=Answer[FolderSaved])
async def add_folder(session: Session, caller: CanWorkMail, body: FolderIn) -> Response:
    """A folder of the office's own."""
    code = await rules.add_folder(session, caller, body.name)
    return ok({"id": code, "name": body.name, "message": f"The folder {body.name} is added."}, 201)


@router.delete("/email-folders/{folder_code}", response_model=Answer[FolderSaved])
async def delete_folder(session: Session, caller: CanWorkMail, folder_code: str) -> Response:
    """Delete a folder; its mails go back to the inbox, and rules that fill it are switched off."""
    moved = await rules.delete_folder(session, caller, folder_code)
    return ok(
        {"id": folder_code, "name": folder_code, "message": f"The folder is deleted. {moved} mails are in the inbox."}
    )


@router.get("/email-rules", response_model=Answer[RuleList])
async def list_rules(
    reads: DbReads, caller: CanReadMail, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The rules of the inbox, in the order in which they are applied."""
    return await listed(reads, queries.rules(caller, search, page.sort), page, as_file)


@router.post("/email-rules", status_code=201, response_model=Answer[RuleSaved])
async def add_rule(session: Session, caller: CanWorkMail, body: RuleIn) -> Response:
    """Add a rule; it holds for mails from now on."""
    number = await rules.save_rule(session, caller, body)
    return ok({"id": number, "message": f"The rule “{body.name}” is added."}, 201)


@router.put("/email-rules/{rule_id}", response_model=Answer[RuleSaved])
async def change_rule(session: Session, caller: CanWorkMail, rule_id: int, body: RuleIn) -> Response:
    """Save a rule again."""
    await rules.save_rule(session, caller, body, rule_id)
    return ok({"id": rule_id, "message": f"The rule “{body.name}” is saved."})


@router.delete("/email-rules/{rule_id}", response_model=Answer[RuleSaved])
async def delete_rule(session: Session, caller: CanWorkMail, rule_id: int) -> Response:
    """Delete a rule."""
    await rules.delete_rule(session, caller, rule_id)
    return ok({"id": rule_id, "message": "The rule is deleted."})


@router.get("/email-classification-rules", response_model=Answer[ClassificationRuleList])
async def list_keywords(
    reads: DbReads, caller: CanSeeMailSettings, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The keyword rules, in the order in which they are applied."""
    return await listed(reads, queries.classification_rules(caller, search, page.sort), page, as_file)


@router.post("/email-classification-rules", status_code=201, response_model=Answer[RuleSaved])
async def add_keyword(session: Session, caller: CanManageMailboxes, body: ClassificationRuleIn) -> Response:
    """Add a keyword rule; it holds for mails from now on."""
    number = await rules.save_keyword(session, caller, body)
    return ok({"id": number, "message": f"Mails with “{body.keyword}” are {body.category} from now on."}, 201)


@router.put("/email-classification-rules/{keyword_id}", response_model=Answer[RuleSaved])
async def change_keyword(
    session: Session, caller: CanManageMailboxes, keyword_id: int, body: ClassificationRuleIn
) -> Response:
    """Save a keyword rule again."""
    await rules.save_keyword(session, caller, body, keyword_id)
    return ok({"id": keyword_id, "message": "The rule is saved."})


@router.delete("/email-classification-rules/{keyword_id}", response_model=Answer[RuleSaved])
async def delete_keyword(session: Session, caller: CanManageMailboxes, keyword_id: int) -> Response:
    """Delete a keyword rule."""
    await rules.delete_keyword(session, caller, keyword_id)
    return ok({"id": keyword_id, "message": "The rule is deleted."})
