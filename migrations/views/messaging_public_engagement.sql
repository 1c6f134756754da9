-- How often mails that people wrote were opened, and their links followed.
create view messaging_public_engagement as
select message_id, client_id, opens, last_opened_at, clicks, last_clicked_at from message_engagement;
