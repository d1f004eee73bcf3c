package dev.backplane.network.vswitch.internal;

import dev.backplane.api.state.StateVersion;
import java.util.HashMap;
import java.util.Map;

/**
 * What a port knows and has not delivered yet.
 *
 * @param frames for the guest, as a queue saves them
 * @param addresses the addresses that were seen at the port, the one seen first first
 * @param own what the guest calls itself where the others know it by another address, or 0
 */
@StateVersion(
        schema = "network-switch",
        writes = 2,
        reads = {1, 2})
public record SwitchState(byte[] frames, long[] addresses, long own) {
    /** Version 1 had no other addresses. */
    public static Map<String, Object> upgrade(int version, Map<String, Object> fields) {
        Map<String, Object> now = new HashMap<>(fields);
        now.put("own", 0L);
        return now;
    }
}
