// MicroPython's side of the kernels of full depth.

#include "module.h"
#include "../full/kernels.h"

static mp_obj_t init_weights(size_t n, const mp_obj_t *args) {
    (void)n;
    mp_buffer_info_t info;
    mp_get_buffer_raise(args[2], &info, MP_BUFFER_RW);
    bool wide = info.typecode == 'h';
    tc_buffer p = in(args[0], 'i'), w = out(args[1], 0), latent = out(args[2], wide ? 'h' : 'b');
    tc_buffer rng = out(args[4], 'I');
    return done(tc_full_init_weights(&p, &w, &latent, wide ? 2 : 1, number(args[3]), &rng));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(init_weights_obj, 5, 5, init_weights);

static mp_obj_t norm_forward(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[2], 0), w = in(args[3], 0);
    tc_buffer norm = out(args[4], 'i'), t = out(args[5], 'i'), psi = out(args[6], 'i');
    tc_buffer y = out(args[7], 0), inside = out(args[8], 0), above = out(args[9], 0);
    tc_buffer acc = out(args[10], 'h');
    int32_t base = 0;
    done(tc_full_norm_forward(
        &p, number(args[1]), &x, &w, &norm, &t, &psi, &y, &inside, &above, &acc, &base));
    return MP_OBJ_NEW_SMALL_INT(base);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(norm_forward_obj, 11, 11, norm_forward);

static mp_obj_t norm_back(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), e = out(args[2], 'b'), above = in(args[3], 0);
    tc_buffer psi = in(args[4], 'i'), norm = out(args[5], 'i');
    int32_t peak = 0;
    done(tc_full_norm_back(&p, number(args[1]), &e, &above, &psi, &norm, number(args[6]),
        number(args[7]), number(args[8]), &peak));
    return MP_OBJ_NEW_SMALL_INT(peak);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(norm_back_obj, 9, 9, norm_back);

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_init_weights, init_weights_obj) \
    KERNEL(MP_QSTR_norm_forward, norm_forward_obj) \
    KERNEL(MP_QSTR_norm_back, norm_back_obj)
MODULE(tinycl_full, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
