"""Which word follows which in a text, and texts that are made of that."""


class Bigrams:
    def __init__(self, text):
        words = text.split()
        self._followers = {}
        for word, follower in zip(words, words[1:] + words[:1]):
            self._followers.setdefault(word.lower().strip(".,"), []).append(follower)
        self._words = words

    def go_on(self, prompt, count, choice):
        """Yields `count` words that follow the prompt's last one."""
        last = (prompt.split() or [""])[-1]
        for _ in range(count):
            last = choice.choice(self._followers.get(last.lower().strip(".,"), self._words))
            yield last
