package dev.backplane.api.state;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Capability;

/**
 * Declares the schema and the version of a state record. The bundle's manifest capability {@code backplane.state} is made
 * from it, so that an update which could not read a running part's state is refused before it is installed.
 *
 * <p>A state holds plain data: {@code boolean}, {@code int}, {@code long}, {@code String}, enums, {@code byte[]},
 * {@code long[]}, nested records, {@code List} and {@code Optional} of these.
 *
 * <p>A record that reads more than the version it writes declares one more method, which turns the fields of an older
 * version into those of the current one:
 *
 * <pre>{@code
 * public static Map<String, Object> upgrade(int version, Map<String, Object> fields)
 * }</pre>
 *
 * There integers are {@code Long}, records {@code Map<String, Object>}, enums their names.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Capability(
        namespace = StateVersion.NAMESPACE,
        attribute = {"schema=${#schema}", "writes:Long=${#writes}", "reads:List<Long>=\"${#reads}\""})
public @interface StateVersion {
    /** The capability's namespace. */
    String NAMESPACE = "backplane.state";

    /**
     * Names the meaning of the fields; parts of different vendors that share a schema can replace each other.
     *
     * @return the schema's name, for instance {@code serial-16550}
     */
    String schema();

    /**
     * The version that {@link dev.backplane.api.part.Part#save} writes.
     *
     * @return from 1
     */
    int writes();

    /**
     * The versions that {@code restore} reads.
     *
     * @return ascending, with {@link #writes} among them
     */
    int[] reads();
}
