package dev.backplane.cpu.kvm.internal;

import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmSystem;
import java.util.ArrayList;
import java.util.List;

/** Finds out by trying what this host's KVM is good for: its name or its host's flags would not tell. */
final class HostProbe {
    private static final int API_VERSION = 12;

    private final Host host;

    HostProbe(Host host) {
        this.host = host;
    }

    /** Some 25 ms where there is a KVM. */
    Finding find() {
        try (KvmSystem system = host.kvm().open()) {
            return find(system);
        } catch (UnsupportedOperationException e) {
            return new Finding(HostClass.ABSENT, e.getMessage());
        } catch (HostException e) {
            return switch (e.errno()) {
                case "ENOENT", "ENODEV", "ENXIO" -> new Finding(HostClass.ABSENT, "there is no /dev/kvm");
                case "EACCES", "EPERM" ->
                    new Finding(
                            HostClass.DENIED,
                            "/dev/kvm: permission denied: add this user to the group that owns it (kvm)");
                default -> new Finding(HostClass.TOO_OLD, e.getMessage());
            };
        }
    }

    private Finding find(KvmSystem system) throws HostException {
        int version = system.apiVersion();
        if (version != API_VERSION) {
            return new Finding(HostClass.TOO_OLD, "KVM API %d: expected %d".formatted(version, API_VERSION));
        }
        List<String> missing = new ArrayList<>();
        for (Capability capability : Capability.values()) {
            if (system.capability(capability.number()) == 0) {
                missing.add("KVM_CAP_" + capability);
            }
        }
        if (!missing.isEmpty()) {
            return new Finding(HostClass.TOO_OLD, "the host's kernel lacks " + String.join(", ", missing));
        }
        return ProbeGuest.run(host, system)
                .map(failure -> new Finding(HostClass.EMULATED_SUPERVISOR, "kernels are emulated: " + failure))
                .orElseGet(() -> new Finding(
                        HostClass.FULL,
                        "runs kernels on the host's processor; no Linux was booted on such a host yet"));
    }
}
