"""`paperboy resume`."""


def resume() -> None:
    """Let letters go again that were held.

    Sending is held when the mail server refuses the sender, or too many letters bounce or are
    complained of. A refused sender is tried again with one letter after half an hour; for all else
    this command is needed.
    """
    from app import assembly
    from app.store import brakes, waiting
    from app.store import engine as engines

    _, engine = assembly.store()
    with engines.transaction(engine) as session:
        held = brakes.all_of(session)
        for brake in held:
            brakes.take_off(session, brake.name)
        n_refused = waiting.hurry_refused(session, assembly.utc_now()) if held else 0
    for brake in held:
        print(f"Let go: {brake.name} (since {brake.since:%Y-%m-%d %H:%M} UTC): {brake.reason}")
    if not held:
        print("Nothing is held.")
    elif n_refused:
        print(f"Letters refused on the way, and tried again at once: {n_refused}.")
