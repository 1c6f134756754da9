create view templates_public_template as
select id, client_id, name, template_type, content, is_active, dlt_template_id from templates;
