package dev.backplane.api.cpu;

/**
 * What a backend found out about this host. {@code cpu: auto} takes the usable backend with the highest preference.
 *
 * <p>One that is unproven passes its own tests on such a host, but nobody has seen a guest's kernel boot there. {@code auto} takes it on
 * trial: where the guest's consoles stay silent, or it cannot go on before they are heard of, the guest starts from the beginning on
 * the next backend.
 *
 * @param preference greater is better; 0 or less: not to be chosen by {@code auto}
 * @param usable whether it can run at all when it is asked for by name
 * @param reason one line for the log and for {@code types}, for instance {@code "/dev/kvm: permission denied"}
 * @param unproven whether {@code auto} takes it on trial only
 */
public record CpuProbe(int preference, boolean usable, String reason, boolean unproven) {
    /** A finding about a backend that is known to do what it says. */
    public CpuProbe(int preference, boolean usable, String reason) {
        this(preference, usable, reason, false);
    }
}
