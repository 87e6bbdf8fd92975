"""The training pipeline: text and questions in, a servable LukeForQuestionAnswering checkpoint out."""
