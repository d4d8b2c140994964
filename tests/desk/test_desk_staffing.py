"""What the estimated wait rests on: agents in service and the mean handling time, read from the ledger."""

from datetime import timedelta

from work_floor import Floor

from conversation.staff import AgentState, Cause, Level

HALF_HOUR = timedelta(minutes=30)


async def test_agents_in_service_are_counted_by_campaign_without_breaks_and_supervisors(floor: Floor) -> None:
    assert floor.staffing.agents_in_service("derechohabiente") == 0
    ana = floor.agent("ana")
    floor.agent("beto", skills={"cita_medica": 1})
    floor.agent("sol", Level.SUPERVISOR)
    floor.agent("pia", Level.PS_P)
    assert floor.staffing.agents_in_service("derechohabiente") == 2
    assert floor.staffing.agents_in_service("cita_medica") == 3
    floor.presence.choose(ana, AgentState.MEAL)
    assert floor.staffing.agents_in_service("derechohabiente") == 1
    floor.presence.choose(ana, AgentState.AFTER_WORK)
    assert floor.staffing.agents_in_service("derechohabiente") == 2
    floor.presence.log_out("pia")
    assert floor.staffing.agents_in_service("derechohabiente") == 1


async def test_mean_handling_counts_what_ended_in_the_window(floor: Floor) -> None:
    ana = floor.agent("ana")
    assert floor.staffing.mean_handling("derechohabiente", HALF_HOUR) is None
    for seconds in (120, 240):
        conversation = await floor.waits()
        floor.passes(50)  # waiting is not handling
        await floor.distribution.take(conversation, ana)
        floor.passes(seconds)
        await floor.service.release(conversation, "ana", ["vigencia_derechos"])
        floor.passes(15)  # the survey is not handling either
        await floor.service.close(conversation)
    assert floor.staffing.mean_handling("derechohabiente", HALF_HOUR) == timedelta(seconds=180)
    assert floor.staffing.mean_handling("cita_medica", HALF_HOUR) is None
    assert floor.staffing.mean_handling("derechohabiente", timedelta(minutes=2)) == timedelta(seconds=240)
    floor.passes(1800)
    assert floor.staffing.mean_handling("derechohabiente", HALF_HOUR) is None


async def test_what_was_put_back_is_handled_in_two_parts(floor: Floor) -> None:
    ana, beto = floor.agent("ana"), floor.agent("beto")
    conversation = await floor.waits()
    await floor.distribution.take(conversation, ana)
    floor.passes(60)
    await floor.distribution.log_out("ana", Cause.LOGOUT)
    floor.passes(300)
    await floor.distribution.take(conversation, beto)
    floor.passes(180)
    await floor.service.release(conversation, "beto", ["vigencia_derechos"])
    assert floor.staffing.mean_handling("derechohabiente", HALF_HOUR) == timedelta(seconds=120)


async def test_states_stand_in_the_record_with_their_times(floor: Floor) -> None:
    start = floor.now
    ana = floor.agent("ana", skills={"derechohabiente": 2})
    floor.passes(300)
    floor.presence.choose(ana, AgentState.MEAL)
    floor.presence.choose(ana, AgentState.MEAL)
    floor.passes(1200)
    floor.presence.choose(ana, AgentState.AVAILABLE)
    floor.presence.log_out("ana")
    floor.presence.log_out("ana")
    found = [(one.state, one.cause, (one.at - start).total_seconds()) for one in floor.log.entries(start, floor.now)]
    assert found == [(AgentState.AVAILABLE, Cause.LOGIN, 0), (AgentState.MEAL, Cause.CHOSEN, 300)]
    last = floor.log.entries(floor.now, floor.now + timedelta(seconds=1))
    assert [one.state for one in last] == [AgentState.AVAILABLE, AgentState.OUT]
    assert last[0].campaigns == ("derechohabiente",) and last[0].level is Level.PS_I
