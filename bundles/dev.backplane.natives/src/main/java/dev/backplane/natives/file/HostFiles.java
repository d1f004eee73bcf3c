package dev.backplane.natives.file;

import dev.backplane.natives.HostException;
import java.nio.file.Path;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Opens and locks files. Methods may be called from any thread; on a network file system they block as long as its server
 * takes.
 */
@ProviderType
public interface HostFiles {

    /** Opens an existing file (close-on-exec). */
    HostFile open(Path path, OpenMode mode) throws HostException;

    /**
     * Opens an existing file for reading and takes a lease on it (fcntl(2), F_SETLEASE): whoever opens it for writing or shortens it
     * meanwhile waits until this is closed, but no longer than the host allows ({@code /proc/sys/fs/lease-break-time}, 45 s).
     *
     * @return the file, or nothing where there is no lease to be had: somebody writes to it, it is somebody else's, or its file system has
     *     none
     */
    Optional<HostFile> openLeased(Path path) throws HostException;

    /**
     * Locks a whole existing file for as long as the lock stays open (F_OFD_SETLK); never waits. Locks conflict between any
     * two holders, in this process too, unless both are {@link LockMode#SHARED}. They bind only those who ask: every
     * program that locks byte ranges with fcntl, QEMU among them.
     *
     * @param mode {@link LockMode#EXCLUSIVE} needs write permission on the file
     * @throws FileLockedException when someone else holds a conflicting lock
     */
    FileLock lock(Path path, LockMode mode) throws HostException;

    /**
     * Takes part in a protocol whose claims are locked bytes of an existing file, whether they exist or not (F_OFD_SETLK); never
     * waits. Of two that come at the same moment both may be refused.
     *
     * @param held the bytes that say what the holder does and forbids, each locked together with others
     * @param refused the bytes that nobody else may have locked
     * @return held until it is closed
     * @throws FileLockedException when somebody else has locked one of {@code refused}
     */
    FileLock claim(Path path, long[] held, long[] refused) throws HostException;

    /**
     * Who would keep {@code mode} from being granted now, without taking it; empty where nobody would. Reading the answer
     * decides nothing: it can be out of date at once.
     */
    Optional<LockHolder> conflict(Path path, LockMode mode) throws HostException;
}
