package dev.backplane.cpu.kvm.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.HostKvm;
import dev.backplane.natives.kvm.KvmSystem;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

/** What the probe says of hosts, most of them made up. */
class HostProbeTest {
    private static <T> T fake(Class<T> type, InvocationHandler answers) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, answers));
    }

    private static Host host(HostKvm kvm) {
        return fake(Host.class, (proxy, method, arguments) -> {
            assertEquals("kvm", method.getName());
            return kvm;
        });
    }

    private static Host failing(String errno) {
        return host(() -> {
            throw new HostException("open(/dev/kvm)", errno, "because");
        });
    }

    /** A host of an API version that lacks one capability. */
    private static Host host(int version, int missing) {
        KvmSystem system = fake(KvmSystem.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "apiVersion" -> version;
            case "capability" -> (int) arguments[0] == missing ? 0 : 1;
            case "close" -> null;
            default -> throw new AssertionError(method.getName());
        });
        return host(() -> system);
    }

    private static CpuProbe check(HostClass expected, String words, Host host) {
        Finding found = new HostProbe(host).find();
        assertEquals(expected, found.hostClass(), found.toString());
        assertTrue(found.reason().contains(words), found.reason());
        CpuProbe probe = found.probe();
        assertTrue(probe.reason().startsWith(expected + ": "), probe.reason());
        return probe;
    }

    @Test
    void aHostWithoutKvmIsAbsent() {
        assertFalse(check(HostClass.ABSENT, "no /dev/kvm", failing("ENOENT")).usable());
    }

    @Test
    void aHostOfAnotherKindIsAbsent() {
        Host host = fake(Host.class, (proxy, method, arguments) -> {
            throw new UnsupportedOperationException("the host is Plan 9");
        });
        assertFalse(check(HostClass.ABSENT, "Plan 9", host).usable());
    }

    @Test
    void aDeviceThatThisUserMayNotOpenIsDenied() {
        assertFalse(
                check(HostClass.DENIED, "permission denied", failing("EACCES")).usable());
    }

    @Test
    void anotherVersionOfTheInterfaceIsTooOld() {
        assertFalse(check(HostClass.TOO_OLD, "KVM API 11", host(11, -1)).usable());
    }

    @Test
    void aHostThatLacksACapabilityIsTooOldAndItIsNamed() {
        Host host = host(12, Capability.SPLIT_IRQCHIP.number());
        assertFalse(
                check(HostClass.TOO_OLD, "lacks KVM_CAP_SPLIT_IRQCHIP", host).usable());
    }

    @Test
    void onlyAFullHostIsPreferredToOtherBackends() {
        for (HostClass hostClass : HostClass.values()) {
            CpuProbe probe = new Finding(hostClass, "so it is").probe();
            assertEquals(hostClass == HostClass.FULL, probe.preference() > 0, hostClass.name());
        }
    }

    @Test
    void thisHostIsOfOneClassAndAskedOnce() {
        KvmBackend backend = KvmHost.any();
        assertNotNull(backend.probe());
        assertTrue(backend.finding() == backend.finding());
    }
}
