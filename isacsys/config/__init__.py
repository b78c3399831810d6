"""The settings of a scenario: sections, validation, input files."""
