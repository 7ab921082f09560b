"""A statement set -> a questionnaire for people: a web page, LimeSurvey or XLSForm.

`content` joins a set, its translations and the researcher's own questions; `html`, `limesurvey` and
`xlsform` write it. Asks no model, and reads no answers.
"""
