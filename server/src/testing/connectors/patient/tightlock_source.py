"""A Tightlock source whose pages together take longer than its token lives."""
from patience import Work, asked_token

PAGE_SECONDS = 2


class Schema:
    class_name = "patient"
    fields = []


class Source:
    def __init__(self, config):
        self.work = None

    @staticmethod
    def schema():
        return Schema()

    def validate(self):
        return {"is_valid": True, "messages": []}

    def get_data(self, fields, offset, limit, reusable_credentials):
        self.work = self.work or Work(asked_token)
        if self.work.is_over():
            return []
        self.work.go_on(PAGE_SECONDS)
        return [self.work.told()]
