package dev.backplane.cpu.kvm.internal;

import dev.backplane.natives.Host;
import dev.backplane.natives.internal.LinuxHost;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Assertions;
import org.opentest4j.TestAbortedException;

/** This host's KVM, probed once, with one line about it and what is skipped. */
final class KvmHost {
    private static final String REQUIRED = "backplane.kvm.required";
    /** What each machine says of this host, hundreds of times. */
    private static final Logger GUESTS = Logger.getLogger("guest");

    private static final Logger MACHINES = Logger.getLogger("test");
    private static final Host HOST = new LinuxHost();
    private static final KvmBackend BACKEND = probed();

    private KvmHost() {}

    private static KvmBackend probed() {
        GUESTS.setLevel(Level.SEVERE);
        MACHINES.setLevel(Level.SEVERE);
        KvmBackend backend = new KvmBackend(HOST);
        Finding found = backend.finding();
        String skipped = switch (found.hostClass()) {
            case FULL -> "nothing";
            case EMULATED_SUPERVISOR -> "the tests tagged kvm-full, and guests that it cannot emulate";
            default -> "the tests tagged kvm and kvm-full";
        };
        System.out.println("KVM class " + found + "; skipped: " + skipped);
        return backend;
    }

    static Host host() {
        return HOST;
    }

    /** The backend, whatever it is good for. */
    static KvmBackend any() {
        return BACKEND;
    }

    static boolean isFull() {
        return BACKEND.finding().hostClass() == HostClass.FULL;
    }

    /** Whether this run is about KVM. */
    static boolean isThorough() {
        return System.getProperty(REQUIRED) != null;
    }

    /** For tests tagged {@code kvm}. */
    static KvmBackend usable() {
        return require(BACKEND.finding().hostClass().usable(), isThorough());
    }

    /** For tests tagged {@code kvm-full}. */
    static KvmBackend full() {
        return require(isFull(), "full".equals(System.getProperty(REQUIRED)));
    }

    private static KvmBackend require(boolean good, boolean needed) {
        if (!good) {
            String reason = "KVM class " + BACKEND.finding();
            if (needed) {
                Assertions.fail(reason);
            }
            throw new TestAbortedException(reason);
        }
        return BACKEND;
    }
}
