"""Drives a running Vedette with a public client of the original service, from Python's package index, unchanged:

    python3 -m venv venv && venv/bin/pip install rackspace-monitoring
    venv/bin/python scripts/python-client.py http://127.0.0.1:8000 admin API_KEY

Creates, lists, pages, updates, tests and deletes through it, and exits with 1 at the first thing that is not as that
client expects. What it makes, it removes.
"""
import sys
from urllib.parse import urlparse

from rackspace_monitoring.drivers import rackspace

url, user, key = sys.argv[1:4]
# The client takes an address of its own for both; it must not go looking for the original's.
driver = rackspace.RackspaceMonitoringDriver(
    user, key, secure=urlparse(url).scheme == 'https', ex_force_auth_url=url, ex_force_base_url=url + '/v1.0')


def expect(what, found, wanted=True):
    print(('ok    ' if found == wanted else 'WRONG ') + what)
    if found != wanted:
        sys.exit('%s: expected %r, found %r' % (what, wanted, found))


def ids(listed):
    return [one.id for one in listed]


def refused(what, call, error_type):
    try:
        call()
    except rackspace.RackspaceMonitoringValidationError as error:
        expect(what, error.type, error_type)
    else:
        expect(what, 'no error', error_type)


zone = [zone.id for zone in driver.list_monitoring_zones() if zone.id.startswith('mz')][0]
expect('check types', 'remote.http' in ids(driver.list_check_types()))
expect('notification types', 'webhook' in ids(driver.list_notification_types()))
expect('limits', sorted(driver.ex_limits()), ['rate', 'resource'])

entity = driver.create_entity(label='python', ip_addresses={'loopback': '127.0.0.1'}, extra={'a': 'b'}, who='me', why='a trial')
driver.update_entity(entity, {'label': 'python client'}, who='me', why='a trial')
expect('entity', (driver.get_entity(entity.id).label, entity.ip_addresses), ('python client', [('loopback', '127.0.0.1')]))
more = [driver.create_entity(label='python %d' % i) for i in range(120)]
expect('entities in pages', len(set(ids(driver.list_entities())) & set(ids(more))), 120)
for one in more:
    driver.delete_entity(one)

http = {'type': 'remote.http', 'details': {'url': url + '/healthz', 'method': 'GET'}, 'monitoring_zones': [zone], 'target_alias': 'loopback', 'timeout': 10}
check = driver.create_check(entity, label='http', period=60, **http)
check = driver.update_check(check, {'label': 'renamed', 'period': 90})
expect('check', (check.label, check.period, check.timeout, check.monitoring_zones), ('renamed', 90, 10, [zone]))
expect('checks', ids(driver.list_checks(entity)), [check.id])
refused('wrong details', lambda: driver.create_check(entity, **dict(http, details={})), 'badRequest')

notification = driver.create_notification(label='hook', type='webhook', details={'url': 'http://127.0.0.1:9/'})
notification = driver.update_notification(notification, {'label': 'the hook'})
expect('notification', (notification.label, notification.details), ('the hook', {'url': 'http://127.0.0.1:9/'}))
plan = driver.create_notification_plan(label='plan', critical_state=[notification.id])
plan = driver.update_notification_plan(plan, {'label': 'the plan', 'ok_state': [notification.id]})
expect('notification plan', (plan.label, plan.critical_state, plan.ok_state), ('the plan', [notification.id], [notification.id]))
expect('notification plans', plan.id in ids(driver.list_notification_plans()))

criteria = "if (metric['code'] != '200') { return new AlarmStatus(CRITICAL, 'answers #{code}'); } return new AlarmStatus(OK, 'fine');"
alarm = driver.create_alarm(entity, check_id=check.id, criteria=criteria, notification_plan_id=plan.id, label='code')
alarm = driver.update_alarm(alarm, {'label': 'status code'})
expect('alarm', (alarm.label, alarm.criteria), ('status code', criteria))
expect('alarms', ids(driver.list_alarms(entity)), [alarm.id])
refused('wrong criteria', lambda: driver.create_alarm(entity, check_id=check.id, criteria='retrun OK', notification_plan_id=plan.id), 'alarmParseError')

results = driver.test_check(entity, **http)
expect('test-check', results[0]['monitoring_zone_id'], zone)
expect('test of a stored check', len(driver.test_existing_check(check)), 1)
expect('test-alarm', driver.test_alarm(entity, criteria=criteria, check_data=results)[0]['state'], 'OK' if results[0]['available'] else 'CRITICAL')
expect('test-notification', driver.test_notification(type='webhook', details={'url': 'http://127.0.0.1:9/'})['status'] in ('success', 'error'))
expect('test of a stored notification', driver.test_existing_notification(notification)['status'] in ('success', 'error'))

overview = [one for one in driver.ex_views_overview() if one['entity'].id == entity.id][0]
expect('overview', (ids(overview['checks']), ids(overview['alarms'])), ([check.id], [alarm.id]))
expect('changelog', [one for one in driver.list_alarm_changelog(entity=entity, reverse=True) if one.alarm_id != alarm.id], [])
expect('notification history', driver.ex_list_alarm_notification_history_checks(entity, alarm), {'check_ids': [check.id]})
list(driver.ex_list_alarm_notification_history(entity, alarm, check, reverse=True))
metrics = [metric.name for metric in driver.list_metrics(entity.id, check.id)]
expect('metrics carry their zone', all(name.startswith(zone + '.') for name in metrics))
for name in metrics:
    list(driver.fetch_data_point(entity.id, check.id, name, 0, 4102444800000, points=10))

private = driver.create_monitoring_zone(label='cellar', maximum_checks=10, maximum_agents=5)
private = driver.update_monitoring_zone(private, {'label': 'attic'})
expect('private zone', (private.label, private.maximum_checks), ('attic', 10))
expect('private zone, deleted', driver.delete_monitoring_zone(private))

expect('alarm, deleted', driver.delete_alarm(alarm))
expect('check, deleted', driver.delete_check(check))
expect('plan, deleted', driver.delete_notification_plan(plan))
expect('notification, deleted', driver.delete_notification(notification))
expect('entity, deleted', driver.delete_entity(entity))
expect('nothing is left', entity.id in ids(driver.list_entities()), False)
