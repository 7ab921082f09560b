"""Questionnaires for people, made from a statement set: a web page, LimeSurvey or XLSForm.

`content` combines a set, its translations and the researcher's questions; `html`, `limesurvey` and
`xlsform` write it. Answers are read in `people`.
"""
