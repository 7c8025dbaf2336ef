-- A sandbox kept by an older version has got secrets of its own (src/sandbox/state.ts): what was kept of it is asked for anew.
delete from platform_credentials where realm = 'sandbox';
