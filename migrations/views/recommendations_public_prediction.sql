-- How likely an open case is to lapse, and what is at risk (INR), for the audiences of campaigns and the order of case lists.
create view recommendations_public_prediction as
select case_id, client_id, lapse_chance, expected_loss from renewal_predictions;
