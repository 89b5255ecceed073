"""What a question looks for, whether text may answer it, and of how much it asks."""

import pytest

from search.answering.question_analysis import question_calls_for_text, retrieval_query_of_question, scope_of_question


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("When can one see a red circle on a blue background?", "a red circle on a blue background"),
        ("What colour is the background behind a black square?", "a black square"),
        ("What does the sign say in the scene with a small moon?", "a small moon"),
        ("What is the man doing in the clip where a dog barks?", "a dog barks"),
        ("How many casks is the monarch from Malta said to be discarding?", "the monarch from Malta discarding casks"),
        ("When do they talk about a baker in Rome?", "a baker in Rome"),
        ("When is there a sign that says COPPER?", "a sign that says COPPER"),
        ("Can you tell me when the man in the red hat enters?", "the man in the red hat enters"),
        ("Where does she explain gradient descent?", "gradient descent"),
        ("How often does a train pass?", "a train pass"),
        ("Find a goal", "a goal"),
        ("a goal", "a goal"),
        ("Who is he?", "Who is he?"),
        ("Wann sieht man einen Hund?", "Wann sieht man einen Hund"),
        ("?", "?"),
    ],
)
def test_only_what_is_sought_is_looked_for(question: str, query: str) -> None:
    assert retrieval_query_of_question(question) == query


@pytest.mark.parametrize("question", ["What does the sign say?", "When do they talk about tea?", "Who mentions Rome?"])
def test_text_is_called_for(question: str) -> None:
    assert question_calls_for_text(question)


@pytest.mark.parametrize("question", ["What colour is the car?", "When can one see a ring?", "What is she doing?"])
def test_a_visual_question_does_without(question: str) -> None:
    assert not question_calls_for_text(question)


@pytest.mark.parametrize(
    ("question", "scope"),
    [
        ("Summarise this video", "summary"),
        ("What topics are covered?", "summary"),
        ("What is this video about?", "summary"),
        ("How often does a red car appear?", "count"),
        ("How many times does the bell ring?", "count"),
        ("How many people are in the kitchen?", "moments"),
        ("When does it rain?", "moments"),
    ],
)
def test_the_scope_is_recognised(question: str, scope: str) -> None:
    assert scope_of_question(question) == scope
