"""Steps and gates that questions share."""
