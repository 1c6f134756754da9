"""The specification's tables and indexes, name by name: later modules extend them, never rename."""

from typing import Final

TABLES: Final = {
    "users": (
        "id email password_hash first_name last_name phone department job_title role_id status avatar_url "
        "last_login created_at updated_at mfa_enabled mfa_secret password_reset_token password_reset_expires"
    ),
    "roles": "id name display_name description permissions created_at updated_at",
    "policies": (
        "id policy_number customer_id policy_type premium_amount start_date end_date status renewal_date "
        "grace_period_days agent_id branch_id created_at updated_at"
    ),
    "customers": (
        "id customer_code first_name last_name email phone date_of_birth address kyc_status kyc_documents "
        "communication_preferences created_at updated_at"
    ),
    "file_uploads": (
        "id filename original_filename file_size file_type upload_status total_records successful_records "
        "failed_records uploaded_by upload_path download_url processing_started_at processing_completed_at "
        "error_details created_at updated_at"
    ),
    "campaigns": (
        "id name campaign_type status upload_id template_id target_audience_filter target_count sent_count "
        "delivered_count opened_count clicked_count replied_count converted_count schedule_type scheduled_at "
        "started_at completed_at created_by created_at updated_at description type target_audience content "
        "channels budget metrics"
    ),
    "templates": "id name template_type subject content variables is_active created_by created_at updated_at",
    "campaign_recipients": (
        "id campaign_id customer_id status sent_at delivered_at opened_at clicked_at replied_at error_message "
        "tracking_data created_at updated_at"
    ),
    "renewal_cases": (
        "id case_number policy_id status priority assigned_to batch_id renewal_amount payment_status "
        "payment_method payment_date communication_attempts last_contact_date notes escalated_to "
        "escalation_reason escalated_at created_at updated_at"
    ),
    "upload_batches": (
        "id file_name uploaded_by total_records processed_records successful_records failed_records status "
        "file_path error_log created_at updated_at"
    ),
    "emails": (
        "id message_id thread_id account_id from_email to_email cc_emails bcc_emails subject body_text "
        "body_html attachments category priority status assigned_to sentiment_score sentiment_label ai_intent "
        "read_status escalated_to escalation_reason received_at created_at updated_at"
    ),
    "email_accounts": (
        "id name email provider imap_server imap_port smtp_server smtp_port username password_encrypted "
        "use_ssl auto_sync sync_interval last_sync status created_at updated_at"
    ),
    "surveys": (
        "id title description created_by status questions settings published_at expires_at response_count "
        "created_at updated_at"
    ),
    "survey_responses": "id survey_id customer_id responses completion_time ip_address user_agent created_at",
    "claims": (
        "id claim_number policy_id claim_type claim_amount description status priority assigned_to documents "
        "incident_date reported_date settlement_amount settlement_date created_at updated_at"
    ),
    "whatsapp_templates": "id name category language status template_data created_by approved_at created_at updated_at",
    "files": (
        "id original_name file_name file_path file_size mime_type uploaded_by entity_type entity_id is_public "
        "virus_scan_status created_at"
    ),
    "notifications": "id user_id type title message data read_status read_at priority expires_at created_at",
    "ai_settings": (
        "id provider api_key_encrypted model temperature max_tokens response_timeout rate_limit_per_minute "
        "rate_limit_per_hour features knowledge_base fallback_enabled fallback_message created_at updated_at"
    ),
    "outstanding_amounts": (
        "id case_id policy_id period amount due_date status description payment_method paid_amount paid_date "
        "payment_reference created_at updated_at"
    ),
    "social_media_integrations": (
        "id customer_id platform platform_user_id platform_username connection_status access_token_encrypted "
        "refresh_token_encrypted token_expires_at verification_status verification_data connected_at "
        "last_verified_at created_at updated_at"
    ),
    "customer_profiles": (
        "id customer_id annual_income income_capture_date vehicles residence_type property_type "
        "location_rating risk_profile policy_preferences family_history policy_capacity ai_recommendations "
        "last_profile_update created_at updated_at"
    ),
    "channels": (
        "id name type status description target_audience cost_per_lead conversion_rate manager_id budget "
        "current_cases renewed_cases revenue settings performance_metrics created_at updated_at"
    ),
    "organizational_hierarchy": (
        "id name type parent_id manager_id manager_name description budget target_cases current_cases "
        "renewed_cases revenue status performance_metrics team_members created_at updated_at"
    ),
    "vendor_communications": (
        "id vendor_name communication_type total_communications successful_communications "
        "failed_communications success_rate total_cost average_cost_per_communication performance_rating "
        "last_communication_date created_at updated_at"
    ),
    "communication_delivery_status": (
        "id case_id campaign_id communication_type recipient_contact status attempts last_attempt_at "
        "delivered_at opened_at clicked_at error_message vendor_name cost created_at updated_at"
    ),
}
INDEXES: Final = {
    "idx_users_email": "users (email)",
    "idx_users_role_status": "users (role_id, status)",
    "idx_policies_customer": "policies (customer_id)",
    "idx_policies_renewal_date": "policies (renewal_date)",
    "idx_policies_status": "policies (status)",
    "idx_renewal_cases_policy": "renewal_cases (policy_id)",
    "idx_renewal_cases_status": "renewal_cases (status)",
    "idx_renewal_cases_assigned": "renewal_cases (assigned_to)",
    "idx_renewal_cases_batch": "renewal_cases (batch_id)",
    "idx_emails_account": "emails (account_id)",
    "idx_emails_status": "emails (status)",
    "idx_emails_category": "emails (category)",
    "idx_emails_received_at": "emails (received_at)",
    "idx_emails_thread": "emails (thread_id)",
    "idx_campaigns_created_by": "campaigns (created_by)",
    "idx_campaigns_status": "campaigns (status)",
    "idx_notifications_user_read": "notifications (user_id, read_status)",
    "idx_notifications_created_at": "notifications (created_at)",
}
