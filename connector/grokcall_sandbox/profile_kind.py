"""What a profile of faults is: a name, options, and the fault that they make."""

from dataclasses import dataclass

from grokcall_sandbox.faults.fault import Fault
from grokcall_sandbox.faults.options import Given, Option, nearest


@dataclass(frozen=True, slots=True)
class ProfileKind:
    """A profile: its name, what it does, its options, and the fault it makes."""

    name: str
    summary: str
    options: tuple[Option, ...]
    fault: type[Fault]

    def make(self, settings: str) -> Fault:
        """The fault with the options of a text such as `share=0.2,skip=3`.

        Raises:
            ValueError: An option is not known, given twice, or takes no such value.
        """
        known = {option.name: option for option in self.options}
        given = {}
        for setting in filter(None, (part.strip() for part in settings.split(","))):
            name, equals, text = (part.strip() for part in setting.partition("="))
            if name not in known:
                raise ValueError(
                    f"the profile {self.name} has no option {name!r}:{nearest(name, list(known))} "
                    f"Its options are {', '.join(known)}."
                )
            if name in given:
                raise ValueError(f"the option {name} of the profile {self.name} is given twice")
            try:
                given[name] = known[name].read(text)
            except ValueError as problem:
                shown = repr(text) if equals else "nothing"
                raise ValueError(f"the option {name} of the profile {self.name} {problem}, not {shown}") from problem
        defaults = {option.name: option.default for option in self.options}
        return self.fault(Given({**defaults, **given}))
