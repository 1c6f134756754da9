-- How likely an open case is to lapse, for the audiences of campaigns.
create view recommendations_public_prediction as
select case_id, client_id, lapse_chance from renewal_predictions;
