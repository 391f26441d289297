# The kernels as a user C module, for ports that are built with CMake (rp2, esp32):
#   make USER_C_MODULES=/path/to/tinycl/firmware/native/micropython.cmake
# Firmware that is built with them needs no tinycl_*.mpy files.

foreach(folder core core/inner float lda tail full sound mpy)
    file(GLOB sources ${CMAKE_CURRENT_LIST_DIR}/${folder}/*.c)
    list(APPEND TINYCL_SOURCES ${sources})
endforeach()

add_library(usermod_tinycl INTERFACE)
target_sources(usermod_tinycl INTERFACE ${TINYCL_SOURCES})
# As in mpy/module.mk: a kernel is worth its size; sums of floats are those of the reference.
set_source_files_properties(${TINYCL_SOURCES} PROPERTIES COMPILE_OPTIONS "-O2;-ffp-contract=off")
target_link_libraries(usermod INTERFACE usermod_tinycl)
