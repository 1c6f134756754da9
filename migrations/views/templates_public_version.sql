-- The text of a template as it stood in a version.
create view templates_public_version as
select template_id, version, subject, content, format from template_versions;
