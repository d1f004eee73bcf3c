package dev.backplane.api.plugin;

import java.util.List;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The plugins of this process, and how they are replaced under the machines that run. A service of the kernel; callable on any thread but a
 * machine's own. One update at a time.
 */
@ProviderType
public interface PluginManager {
    /**
     * Replaces plugins: the new ones are installed beside the old, the bays of all machines move one by one, then the old ones are
     * uninstalled. Whatever fails before the last bay has moved is taken back, and nothing is left behind.
     *
     * @param request what is to be replaced
     * @param listener told the impact before anything pauses, and then what moves: a line or several at a time, on the caller's thread
     * @return how far it went
     * @throws PluginException when it is refused or has failed: the old plugins run on
     */
    UpdateReport update(UpdateRequest request, Consumer<String> listener) throws PluginException;

    /**
     * Moves the machines that wait for a canary's trial.
     *
     * @param listener told what moves
     * @return how far it went
     * @throws PluginException when no update waits, or it has failed: the canary has moved back too then
     */
    UpdateReport commit(Consumer<String> listener) throws PluginException;

    /**
     * Moves a canary back and gives the update up.
     *
     * @param listener told what moves
     * @return how far it went
     * @throws PluginException when no update waits, or the canary could not move back: the update waits on then
     */
    UpdateReport rollback(Consumer<String> listener) throws PluginException;

    /**
     * Has a pinned machine follow the others: its bays move to the plugins that are in use, and what was kept for it alone goes.
     *
     * @param vm the machine, which may also be one that does not run
     * @param listener told the impact before anything pauses, and then what moves
     * @throws PluginException when it is not pinned, or cannot move: it stays pinned then
     */
    void unpin(String vm, Consumer<String> listener) throws PluginException;

    /**
     * The plugins of this process.
     *
     * @return by name and version; a copy
     */
    List<InstalledPlugin> plugins();

    /**
     * The generations that the store keeps.
     *
     * @return the newest first; a copy
     */
    List<PluginGeneration> history();
}
