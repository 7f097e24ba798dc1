"""Rules of verdicts, a file per topic: what is asked, when it is supported, what each answer says."""
