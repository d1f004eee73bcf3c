package dev.backplane.natives.file;

import org.jspecify.annotations.Nullable;

/**
 * Who holds a conflicting lock, as far as the host tells.
 *
 * @param mode what is held
 * @param processId the holder, or 0 where the host does not say (another user's process, another machine)
 * @param command the holder's short command name, or null where it is not known
 */
public record LockHolder(
        LockMode mode, long processId, @Nullable String command) {

    /** Such as {@code process 4711 (qemu-system-x86)}. */
    public String describe() {
        if (processId == 0) {
            return "a process that the host does not name";
        }
        return "process " + processId + (command == null ? "" : " (" + command + ")");
    }
}
