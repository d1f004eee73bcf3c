package dev.backplane.api.cpu;

/**
 * What a backend found out about this host. {@code cpu: auto} takes the usable backend with the highest preference.
 *
 * @param preference greater is better; 0 or less: not to be chosen by {@code auto}
 * @param usable whether it can run at all when it is asked for by name
 * @param reason one line for the log and for {@code types}, for instance {@code "/dev/kvm: permission denied"}
 */
public record CpuProbe(int preference, boolean usable, String reason) {}
