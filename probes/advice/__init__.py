"""Vote advice: a party's own answers as a user's profile, and which party a model then names."""
